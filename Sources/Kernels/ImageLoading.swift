/// Copies chosen images into a network's input, as floats, into the interior of its zero border. One part an image.
public struct ImageLoading: ParallelWork {
    public enum Pixels: Sendable {
        /// 0 ... 255, read as 0 ... 1.
        case uint8
        case float32
    }

    let pixels: Pixels
    let source: UnsafeRawPointer
    /// Which images, or nil for the first `images` in order.
    let indices: UnsafePointer<Int32>?
    let images: Int
    let rows: Int
    /// Floats of one row of an image.
    let rowLength: Int
    let output: UnsafeMutablePointer<Float>
    let outputRowStep: Int
    let outputImageStep: Int

    /// - Parameters:
    ///   - source: [any, rows, rowLength] pixels.
    ///   - output: the interior's first float.
    public init(pixels: Pixels, source: UnsafeRawPointer, indices: UnsafePointer<Int32>?, images: Int, rows: Int,
                rowLength: Int, output: UnsafeMutablePointer<Float>, outputRowStep: Int, outputImageStep: Int) {
        self.pixels = pixels
        self.source = source
        self.indices = indices
        self.images = images
        self.rows = rows
        self.rowLength = rowLength
        self.output = output
        self.outputRowStep = outputRowStep
        self.outputImageStep = outputImageStep
    }

    public var partCount: Int { min(images, 16) }

    public func run(part: Int) {
        for image in range(of: part, parts: partCount, count: images) {
            let index = indices.map { Int($0[image]) } ?? image
            let first = index &* rows &* rowLength
            for y in 0 ..< rows {
                let target = output + image &* outputImageStep + y &* outputRowStep
                let offset = first &+ y &* rowLength
                switch pixels {
                case .uint8:
                    let row = source.assumingMemoryBound(to: UInt8.self) + offset
                    // Divided, not multiplied by 1/255: 255 becomes exactly 1, as everywhere else.
                    for x in 0 ..< rowLength { target[x] = Float(row[x]) / 255 }
                case .float32:
                    target.update(from: source.assumingMemoryBound(to: Float.self) + offset, count: rowLength)
                }
            }
        }
    }
}
