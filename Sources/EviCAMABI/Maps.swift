import CEviCAM
import EviCAM

@c @implementation
public func evicam_resize(
    _ maps: UnsafePointer<Float>!, _ count: Int64, _ h: Int64, _ w: Int64, _ mode: Int32, _ startY: Double,
    _ startX: Double, _ jumpY: Double, _ jumpX: Double, _ height: Int64, _ width: Int64,
    _ resized: UnsafeMutablePointer<Float>!, _ error: UnsafeMutablePointer<evicam_error>!
) -> evicam_status {
    call(error) {
        let maps = try require(maps, "maps"), resized = try require(resized, "resized")
        let count = try require(count, "count", in: 1 ... Int64(Int32.max))
        let h = try require(h, "h", in: 1 ... 65536), w = try require(w, "w", in: 1 ... 65536)
        let height = try require(height, "height", in: 1 ... 65536), width = try require(width, "width", in: 1 ... 65536)
        try requireProduct([count, h, w], "maps")
        try requireProduct([count, height, width], "resized")
        let resize: Resize
        switch Int(mode) {
        case Int(EVICAM_RESIZE_ALIGNED):
            try requireFinite(startY, "start_y")
            try requireFinite(startX, "start_x")
            for (jump, name) in [(jumpY, "jump_y"), (jumpX, "jump_x")] {
                guard jump.isFinite, jump > 0 else {
                    throw Failure.invalid("\(name) is \(jump), but must be above 0 and finite")
                }
            }
            // The field's size does not matter to the resize.
            resize = .aligned(LayerGeometry(y: ReceptiveField(jump: jumpY, size: 1, start: startY),
                                            x: ReceptiveField(jump: jumpX, size: 1, start: startX)))
        case Int(EVICAM_RESIZE_BILINEAR):
            resize = .bilinear
        default:
            throw Failure.invalid("mode is \(mode), but must be EVICAM_RESIZE_ALIGNED or EVICAM_RESIZE_BILINEAR")
        }
        resize.apply(to: maps, count: count, h: h, w: w, height: height, width: width, resized: resized)
    }
}
