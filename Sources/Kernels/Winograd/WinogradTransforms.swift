// Winograd's minimal filtering (Lavin & Gray 2016) with the six points 0, ±a, ±b and infinity.
//
// Along one axis, the m outputs of an r-tap correlation need m + r − 1 = 6 products instead of m · r:
//     y = Aᵀ[(G w) ⊙ (Bᵀ x)]
// for six inputs x and (m, r) = (4, 3) or (2, 5). Bᵀ depends on the points only, so both kernels share it. In two
// dimensions every matrix is applied along both axes: 36 products do the work of 144 (3x3) or 100 (5x5).
//
// With a² = 1/2 and b² = 2 the coefficients stay small, and so do the errors: see docs/winograd.md.

/// A linear map along one axis of a tile of vectors.
protocol AxisTransform {
    static var inputs: Int { get }
    static var outputs: Int { get }
    /// Reads `inputs` vectors, `step` floats apart, and writes `outputs`.
    static func apply<V: FloatVector>(_ type: V.Type, _ x: UnsafePointer<Float>, _ step: Int,
                                      _ y: UnsafeMutablePointer<Float>, _ outputStep: Int)
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

extension AxisTransform {
    /// y = L x Lᵀ: along the columns first, into `scratch` (36 vectors), then along the rows.
    @inline(__always)
    static func applyToBothAxes<V: FloatVector>(_ type: V.Type, _ x: TileView, _ y: TileView,
                                                scratch: UnsafeMutablePointer<Float>) {
        let middle = TileView.dense(type, scratch, side: inputs)
        for column in 0 ..< inputs { apply(type, x.at(0, column), x.rowStep, middle.at(0, column), middle.rowStep) }
        for row in 0 ..< outputs { apply(type, middle.at(row, 0), middle.columnStep, y.at(row, 0), y.columnStep) }
    }
}

/// The points: a = 1/√2, b = √2.
private enum Point {
    static let a: Float = 0.707_106_77
    static let b: Float = 1.414_213_5
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

/// Bᵀ: six inputs to six points.
enum InputTransform: AxisTransform {
    static var inputs: Int { 6 }
    static var outputs: Int { 6 }

    @inline(__always)
    static func apply<V: FloatVector>(_ type: V.Type, _ x: UnsafePointer<Float>, _ step: Int,
                                      _ y: UnsafeMutablePointer<Float>, _ outputStep: Int) {
        let x0 = V(reading: x), x1 = V(reading: x + step), x2 = V(reading: x + 2 &* step)
        let x3 = V(reading: x + 3 &* step), x4 = V(reading: x + 4 &* step), x5 = V(reading: x + 5 &* step)
        let evenA = x4.adding(-2, x2), oddA = V(repeating: Point.a) * x3.adding(-2, x1)
        let evenB = x4.adding(-0.5, x2), oddB = V(repeating: Point.b) * x3.adding(-0.5, x1)
        writePoints((x0 + x4).adding(-2.5, x2), (evenA, oddA), (evenB, oddB), (x1 + x5).adding(-2.5, x3), to: y, outputStep)
    }
}

/// B: the gradient at six points back to six inputs.
enum InputAdjoint: AxisTransform {
    static var inputs: Int { 6 }
    static var outputs: Int { 6 }

    @inline(__always)
    static func apply<V: FloatVector>(_ type: V.Type, _ x: UnsafePointer<Float>, _ step: Int,
                                      _ y: UnsafeMutablePointer<Float>, _ outputStep: Int) {
        let x0 = V(reading: x), x5 = V(reading: x + 5 &* step)
        let (sumA, differenceA) = sums(type, x + step, step)
        let (sumB, differenceB) = sums(type, x + 3 &* step, step)
        let oddA = V(repeating: Point.a) * differenceA, oddB = V(repeating: Point.b) * differenceB
        x0.write(to: y)
        x5.adding(-2, oddA).adding(-0.5, oddB).write(to: y + outputStep)
        (V(repeating: -2.5) * x0).adding(-2, sumA).adding(-0.5, sumB).write(to: y + 2 &* outputStep)
        (oddA + oddB).adding(-2.5, x5).write(to: y + 3 &* outputStep)
        (x0 + sumA + sumB).write(to: y + 4 &* outputStep)
        x5.write(to: y + 5 &* outputStep)
    }
}

/// Sum and difference of two neighbouring vectors: the values at a point and its negative.
@inline(__always)
private func sums<V: FloatVector>(_ type: V.Type, _ x: UnsafePointer<Float>, _ step: Int) -> (V, V) {
    let plus = V(reading: x), minus = V(reading: x + step)
    return (plus + minus, plus - minus)
}

/// Writes the values at 0, a, −a, b, −b and infinity: at a point and its negative they are the sum and the difference of
/// the even and the odd powers' part.
@inline(__always)
private func writePoints<V: FloatVector>(_ zero: V, _ a: (even: V, odd: V), _ b: (even: V, odd: V), _ infinity: V,
                                         to y: UnsafeMutablePointer<Float>, _ step: Int) {
    zero.write(to: y)
    (a.even + a.odd).write(to: y + step)
    (a.even - a.odd).write(to: y + 2 &* step)
    (b.even + b.odd).write(to: y + 3 &* step)
    (b.even - b.odd).write(to: y + 4 &* step)
    infinity.write(to: y + 5 &* step)
}

/// 3x3 kernels, tiles of 4x4 outputs.
enum Kernel3 {
    /// Aᵀ
    enum Output: AxisTransform {
        static var inputs: Int { 6 }
        static var outputs: Int { 4 }

        @inline(__always)
        static func apply<V: FloatVector>(_ type: V.Type, _ x: UnsafePointer<Float>, _ step: Int,
                                          _ y: UnsafeMutablePointer<Float>, _ outputStep: Int) {
            let (sumA, differenceA) = sums(type, x + step, step)
            let (sumB, differenceB) = sums(type, x + 3 &* step, step)
            let oddA = V(repeating: Point.a) * differenceA, oddB = V(repeating: Point.b) * differenceB
            (V(reading: x) + sumA + sumB).write(to: y)
            (oddA + oddB).write(to: y + outputStep)
            (V(repeating: 0.5) * sumA).adding(2, sumB).write(to: y + 2 &* outputStep)
            V(reading: x + 5 &* step).adding(0.5, oddA).adding(2, oddB).write(to: y + 3 &* outputStep)
        }
    }

    /// A
    enum OutputAdjoint: AxisTransform {
        static var inputs: Int { 4 }
        static var outputs: Int { 6 }

        @inline(__always)
        static func apply<V: FloatVector>(_ type: V.Type, _ x: UnsafePointer<Float>, _ step: Int,
                                          _ y: UnsafeMutablePointer<Float>, _ outputStep: Int) {
            let x0 = V(reading: x), x1 = V(reading: x + step), x2 = V(reading: x + 2 &* step), x3 = V(reading: x + 3 &* step)
            let evenA = x0.adding(0.5, x2), oddA = V(repeating: Point.a) * x1.adding(0.5, x3)
            let evenB = x0.adding(2, x2), oddB = V(repeating: Point.b) * x1.adding(2, x3)
            writePoints(x0, (evenA, oddA), (evenB, oddB), x3, to: y, outputStep)
        }
    }

    /// G
    enum Kernel: AxisTransform {
        static var inputs: Int { 3 }
        static var outputs: Int { 6 }

        @inline(__always)
        static func apply<V: FloatVector>(_ type: V.Type, _ x: UnsafePointer<Float>, _ step: Int,
                                          _ y: UnsafeMutablePointer<Float>, _ outputStep: Int) {
            let x0 = V(reading: x), x1 = V(reading: x + step), x2 = V(reading: x + 2 &* step)
            let evenA = Scale.a * x0.adding(0.5, x2), oddA = V(repeating: Scale.a * Point.a) * x1
            let evenB = Scale.b * x0.adding(2, x2), oddB = V(repeating: Scale.b * Point.b) * x1
            writePoints(x0, (evenA, oddA), (evenB, oddB), x2, to: y, outputStep)
        }
    }

    /// Gᵀ
    enum KernelAdjoint: AxisTransform {
        static var inputs: Int { 6 }
        static var outputs: Int { 3 }

        @inline(__always)
        static func apply<V: FloatVector>(_ type: V.Type, _ x: UnsafePointer<Float>, _ step: Int,
                                          _ y: UnsafeMutablePointer<Float>, _ outputStep: Int) {
            let (sumA, differenceA) = sums(type, x + step, step)
            let (sumB, differenceB) = sums(type, x + 3 &* step, step)
            V(reading: x).adding(Scale.a, sumA).adding(Scale.b, sumB).write(to: y)
            (V(repeating: Scale.a * Point.a) * differenceA).adding(Scale.b * Point.b, differenceB).write(to: y + outputStep)
            V(reading: x + 5 &* step).adding(Scale.a * 0.5, sumA).adding(Scale.b * 2, sumB).write(to: y + 2 &* outputStep)
        }
    }
}

/// Factors of G's rows: 1 / Π (p − q) over the other finite points q, for p = ±a and p = ±b; 1 for p = 0.
private enum Scale {
    static let a: Float = -2.0 / 3
    static let b: Float = 1.0 / 6
}

/// 5x5 kernels, tiles of 2x2 outputs.
enum Kernel5 {
    /// Aᵀ
    enum Output: AxisTransform {
        static var inputs: Int { 6 }
        static var outputs: Int { 2 }

        @inline(__always)
        static func apply<V: FloatVector>(_ type: V.Type, _ x: UnsafePointer<Float>, _ step: Int,
                                          _ y: UnsafeMutablePointer<Float>, _ outputStep: Int) {
            let (sumA, differenceA) = sums(type, x + step, step)
            let (sumB, differenceB) = sums(type, x + 3 &* step, step)
            (V(reading: x) + sumA + sumB).write(to: y)
            V(reading: x + 5 &* step).adding(Point.a, differenceA).adding(Point.b, differenceB).write(to: y + outputStep)
        }
    }

    /// A
    enum OutputAdjoint: AxisTransform {
        static var inputs: Int { 2 }
        static var outputs: Int { 6 }

        @inline(__always)
        static func apply<V: FloatVector>(_ type: V.Type, _ x: UnsafePointer<Float>, _ step: Int,
                                          _ y: UnsafeMutablePointer<Float>, _ outputStep: Int) {
            let x0 = V(reading: x), x1 = V(reading: x + step)
            x0.write(to: y)
            x0.adding(Point.a, x1).write(to: y + outputStep)
            x0.adding(-Point.a, x1).write(to: y + 2 &* outputStep)
            x0.adding(Point.b, x1).write(to: y + 3 &* outputStep)
            x0.adding(-Point.b, x1).write(to: y + 4 &* outputStep)
            x1.write(to: y + 5 &* outputStep)
        }
    }

    /// G
    enum Kernel: AxisTransform {
        static var inputs: Int { 5 }
        static var outputs: Int { 6 }

        @inline(__always)
        static func apply<V: FloatVector>(_ type: V.Type, _ x: UnsafePointer<Float>, _ step: Int,
                                          _ y: UnsafeMutablePointer<Float>, _ outputStep: Int) {
            let x0 = V(reading: x), x1 = V(reading: x + step), x2 = V(reading: x + 2 &* step)
            let x3 = V(reading: x + 3 &* step), x4 = V(reading: x + 4 &* step)
            let evenA = Scale.a * x0.adding(0.5, x2).adding(0.25, x4)
            let oddA = V(repeating: Scale.a * Point.a) * x1.adding(0.5, x3)
            let evenB = Scale.b * x0.adding(2, x2).adding(4, x4)
            let oddB = V(repeating: Scale.b * Point.b) * x1.adding(2, x3)
            writePoints(x0, (evenA, oddA), (evenB, oddB), x4, to: y, outputStep)
        }
    }

    /// Gᵀ
    enum KernelAdjoint: AxisTransform {
        static var inputs: Int { 6 }
        static var outputs: Int { 5 }

        @inline(__always)
        static func apply<V: FloatVector>(_ type: V.Type, _ x: UnsafePointer<Float>, _ step: Int,
                                          _ y: UnsafeMutablePointer<Float>, _ outputStep: Int) {
            let (plusA, minusA) = sums(type, x + step, step)
            let (plusB, minusB) = sums(type, x + 3 &* step, step)
            let evenA = Scale.a * plusA, oddA = V(repeating: Scale.a * Point.a) * minusA
            let evenB = Scale.b * plusB, oddB = V(repeating: Scale.b * Point.b) * minusB
            (V(reading: x) + evenA + evenB).write(to: y)
            (oddA + oddB).write(to: y + outputStep)
            (V(repeating: 0.5) * evenA).adding(2, evenB).write(to: y + 2 &* outputStep)
            (V(repeating: 0.5) * oddA).adding(2, oddB).write(to: y + 3 &* outputStep)
            V(reading: x + 5 &* step).adding(0.25, evenA).adding(4, evenB).write(to: y + 4 &* outputStep)
        }
    }
}
