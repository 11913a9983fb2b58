/// What one pixel takes from a map along one axis: two neighbouring cells and their weights.
struct Tap {
    var lower: Int
    var upper: Int
    var lowerWeight: Float
    var upperWeight: Float

    /// A pixel that takes nothing.
    static let none = Tap(lower: 0, upper: 0, lowerWeight: 0, upperWeight: 0)

    /// Shares a pixel between two cells by its distance from the first, 0 ... 1.
    ///
    /// The second rounding, of 1 − fraction, errs by at most 2⁻²⁵, less than half a unit in the last place of 1: a
    /// weighted mean of values up to 1 is never rounded above 1.
    init(lower: Int, upper: Int, fraction: Double) {
        let fraction = Float(fraction)
        self.init(lower: lower, upper: upper, lowerWeight: 1 - fraction, upperWeight: fraction)
    }

    init(lower: Int, upper: Int, lowerWeight: Float, upperWeight: Float) {
        self.lower = lower
        self.upper = upper
        self.lowerWeight = lowerWeight
        self.upperWeight = upperWeight
    }
}

extension Resize {
    enum Axis { case vertical, horizontal }

    /// The taps `[pixels]` of one axis. Every index is a cell of the map, also where its weight is zero.
    func taps(along axis: Axis, cells: Int, pixels: Int) -> [Tap] {
        switch self {
        case .aligned(let geometry):
            let field = axis == .vertical ? geometry.y : geometry.x
            return (0 ..< pixels).map { Self.alignedTap(at: (Double($0) - field.start) / field.jump, cells: cells) }
        case .bilinear:
            // (x + 0.5) m is exact, so a pixel at a cell's centre meets it exactly.
            return (0 ..< pixels).map {
                Self.replicatingTap(at: (Double($0) + 0.5) * Double(cells) / Double(pixels) - 0.5, cells: cells)
            }
        }
    }

    /// Samples at position u of the map, which is surrounded by zeros: cell i weighs max(0, 1 − |u − i|).
    private static func alignedTap(at u: Double, cells: Int) -> Tap {
        guard u > -1, u < Double(cells) else { return .none }
        let floor = u.rounded(.down)
        let cell = Int(floor)
        var tap = Tap(lower: max(cell, 0), upper: min(cell + 1, cells - 1), fraction: u - floor)
        if cell < 0 { tap.lowerWeight = 0 }
        if cell + 1 >= cells { tap.upperWeight = 0 }
        return tap
    }

    /// Samples at position u of the map, whose edge cells go on for ever.
    private static func replicatingTap(at u: Double, cells: Int) -> Tap {
        let u = max(u, 0)
        let cell = min(Int(u), cells - 1)
        return Tap(lower: cell, upper: min(cell + 1, cells - 1), fraction: u - Double(cell))
    }
}
