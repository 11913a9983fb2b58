// Winograd's minimal filtering (Lavin & Gray 2016).
//
// Along one axis, the m outputs of an r-tap correlation need n = m + r − 1 products instead of m · r:
//     y = Aᵀ[(G w) ⊙ (Bᵀ x)]
// for n inputs x: the polynomials' values at n − 1 points and at infinity are multiplied one by one. In two dimensions
// every matrix is applied along both axes. Tiles have m = 4, so that r = 3 takes six points: 36 products do the work of
// 144 (`SixPoints.swift`); and r = 5 takes eight: 64 do the work of 400 (`EightPoints.swift`).
//
// Finite points are 0 and pairs ±p: a pair's values are the sum and the difference of the even and the odd powers' parts.

/// The maps of one kernel size, each with its transpose: gradients take the transposed maps the other way.
protocol MinimalFilter {
    /// Bᵀ and B: n inputs to n points.
    associatedtype Input: AxisTransform
    associatedtype InputAdjoint: AxisTransform
    /// Aᵀ and A: n points to m outputs.
    associatedtype Output: AxisTransform
    associatedtype OutputAdjoint: AxisTransform
    /// G and Gᵀ: r taps to n points.
    associatedtype Kernel: AxisTransform
    associatedtype KernelAdjoint: AxisTransform
}

/// Work that is generic over the filter.
protocol FilterBody {
    func apply<F: MinimalFilter>(_ type: F.Type)
}

/// Runs `body` with the filter for kernels of r x r taps.
func withFilter(kernel: Int, _ body: some FilterBody) {
    if kernel == 3 { body.apply(SixPoints.self) } else { body.apply(EightPoints.self) }
}

/// A linear map along one axis of a tile of vectors.
protocol AxisTransform {
    static var inputs: Int { get }
    static var outputs: Int { get }
    /// Reads `inputs` vectors, `step` floats apart, and writes `outputs`.
    static func apply<V: FloatVector>(_ type: V.Type, _ x: UnsafePointer<Float>, _ step: Int,
                                      _ y: UnsafeMutablePointer<Float>, _ outputStep: Int)
}

extension AxisTransform {
    /// y = L x Lᵀ: along the columns first, into `scratch` (inputs · outputs vectors), then along the rows.
    @inline(__always)
    static func applyToBothAxes<V: FloatVector>(_ type: V.Type, _ x: TileView, _ y: TileView,
                                                scratch: UnsafeMutablePointer<Float>) {
        let middle = TileView.dense(type, scratch, side: inputs)
        for column in 0 ..< inputs { apply(type, x.at(0, column), x.rowStep, middle.at(0, column), middle.rowStep) }
        for row in 0 ..< outputs { apply(type, middle.at(row, 0), middle.columnStep, y.at(row, 0), y.columnStep) }
    }
}

/// A square of vectors in memory: where it begins, and floats from row to row and column to column.
struct TileView {
    var base: UnsafeMutablePointer<Float>
    var rowStep: Int
    var columnStep: Int

    @inline(__always)
    func at(_ row: Int, _ column: Int) -> UnsafeMutablePointer<Float> { base + (row &* rowStep &+ column &* columnStep) }

    /// Vectors side by side, `side` to a row.
    @inline(__always)
    static func dense<V: FloatVector>(_ type: V.Type, _ base: UnsafeMutablePointer<Float>, side: Int) -> TileView {
        TileView(base: base, rowStep: side &* V.scalarCount, columnStep: V.scalarCount)
    }
}

extension FloatVector {
    /// self + scalar · other
    @inline(__always)
    func adding(_ scalar: Float, _ other: Self) -> Self {
        var sum = self
        sum.accumulate(Self(repeating: scalar), other)
        return sum
    }
}

/// Sum and difference of two neighbouring vectors: the values at a point and its negative.
@inline(__always)
func readPair<V: FloatVector>(_ type: V.Type, _ x: UnsafePointer<Float>, _ step: Int) -> (sum: V, difference: V) {
    let plus = V(reading: x), minus = V(reading: x + step)
    return (plus + minus, plus - minus)
}

/// Writes the values at a point and at its negative side by side.
@inline(__always)
func writePair<V: FloatVector>(even: V, odd: V, to y: UnsafeMutablePointer<Float>, _ step: Int) {
    (even + odd).write(to: y)
    (even - odd).write(to: y + step)
}
