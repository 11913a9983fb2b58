/// 3x3 kernels by the points 0, ±a, ±b and infinity. With a² = 1/2 and b² = 2 the coefficients stay small, and so do the
/// errors: see docs/winograd.md.
enum SixPoints: MinimalFilter {
    private static let a: Float = 0.707_106_77
    private static let b: Float = 1.414_213_5
    /// Factors of G's rows: 1 / Π (p − q) over the other finite points q, for p = ±a and p = ±b; 1 for p = 0.
    private static let scaleA: Float = -2.0 / 3
    private static let scaleB: Float = 1.0 / 6

    enum Input: AxisTransform {
        static var inputs: Int { 6 }
        static var outputs: Int { 6 }

        @inline(__always)
        static func apply<V: FloatVector>(_ type: V.Type, _ x: UnsafePointer<Float>, _ step: Int,
                                          _ y: UnsafeMutablePointer<Float>, _ outputStep: Int) {
            let x0 = V(reading: x), x1 = V(reading: x + step), x2 = V(reading: x + 2 &* step)
            let x3 = V(reading: x + 3 &* step), x4 = V(reading: x + 4 &* step), x5 = V(reading: x + 5 &* step)
            (x0 + x4).adding(-2.5, x2).write(to: y)
            writePair(even: x4.adding(-2, x2), odd: a * x3.adding(-2, x1), to: y + outputStep, outputStep)
            writePair(even: x4.adding(-0.5, x2), odd: b * x3.adding(-0.5, x1), to: y + 3 &* outputStep, outputStep)
            (x1 + x5).adding(-2.5, x3).write(to: y + 5 &* outputStep)
        }
    }

    enum InputAdjoint: AxisTransform {
        static var inputs: Int { 6 }
        static var outputs: Int { 6 }

        @inline(__always)
        static func apply<V: FloatVector>(_ type: V.Type, _ x: UnsafePointer<Float>, _ step: Int,
                                          _ y: UnsafeMutablePointer<Float>, _ outputStep: Int) {
            let x0 = V(reading: x), x5 = V(reading: x + 5 &* step)
            let (sumA, differenceA) = readPair(type, x + step, step)
            let (sumB, differenceB) = readPair(type, x + 3 &* step, step)
            let oddA = a * differenceA, oddB = b * differenceB
            x0.write(to: y)
            x5.adding(-2, oddA).adding(-0.5, oddB).write(to: y + outputStep)
            (-2.5 * x0).adding(-2, sumA).adding(-0.5, sumB).write(to: y + 2 &* outputStep)
            (oddA + oddB).adding(-2.5, x5).write(to: y + 3 &* outputStep)
            (x0 + sumA + sumB).write(to: y + 4 &* outputStep)
            x5.write(to: y + 5 &* outputStep)
        }
    }

    enum Output: AxisTransform {
        static var inputs: Int { 6 }
        static var outputs: Int { 4 }

        @inline(__always)
        static func apply<V: FloatVector>(_ type: V.Type, _ x: UnsafePointer<Float>, _ step: Int,
                                          _ y: UnsafeMutablePointer<Float>, _ outputStep: Int) {
            let (sumA, differenceA) = readPair(type, x + step, step)
            let (sumB, differenceB) = readPair(type, x + 3 &* step, step)
            let oddA = a * differenceA, oddB = b * differenceB
            (V(reading: x) + sumA + sumB).write(to: y)
            (oddA + oddB).write(to: y + outputStep)
            (0.5 * sumA).adding(2, sumB).write(to: y + 2 &* outputStep)
            V(reading: x + 5 &* step).adding(0.5, oddA).adding(2, oddB).write(to: y + 3 &* outputStep)
        }
    }

    enum OutputAdjoint: AxisTransform {
        static var inputs: Int { 4 }
        static var outputs: Int { 6 }

        @inline(__always)
        static func apply<V: FloatVector>(_ type: V.Type, _ x: UnsafePointer<Float>, _ step: Int,
                                          _ y: UnsafeMutablePointer<Float>, _ outputStep: Int) {
            let x0 = V(reading: x), x1 = V(reading: x + step), x2 = V(reading: x + 2 &* step), x3 = V(reading: x + 3 &* step)
            x0.write(to: y)
            writePair(even: x0.adding(0.5, x2), odd: a * x1.adding(0.5, x3), to: y + outputStep, outputStep)
            writePair(even: x0.adding(2, x2), odd: b * x1.adding(2, x3), to: y + 3 &* outputStep, outputStep)
            x3.write(to: y + 5 &* outputStep)
        }
    }

    enum Kernel: AxisTransform {
        static var inputs: Int { 3 }
        static var outputs: Int { 6 }

        @inline(__always)
        static func apply<V: FloatVector>(_ type: V.Type, _ x: UnsafePointer<Float>, _ step: Int,
                                          _ y: UnsafeMutablePointer<Float>, _ outputStep: Int) {
            let x0 = V(reading: x), x1 = V(reading: x + step), x2 = V(reading: x + 2 &* step)
            x0.write(to: y)
            writePair(even: scaleA * x0.adding(0.5, x2), odd: (scaleA * a) * x1, to: y + outputStep, outputStep)
            writePair(even: scaleB * x0.adding(2, x2), odd: (scaleB * b) * x1, to: y + 3 &* outputStep, outputStep)
            x2.write(to: y + 5 &* outputStep)
        }
    }

    enum KernelAdjoint: AxisTransform {
        static var inputs: Int { 6 }
        static var outputs: Int { 3 }

        @inline(__always)
        static func apply<V: FloatVector>(_ type: V.Type, _ x: UnsafePointer<Float>, _ step: Int,
                                          _ y: UnsafeMutablePointer<Float>, _ outputStep: Int) {
            let (sumA, differenceA) = readPair(type, x + step, step)
            let (sumB, differenceB) = readPair(type, x + 3 &* step, step)
            V(reading: x).adding(scaleA, sumA).adding(scaleB, sumB).write(to: y)
            ((scaleA * a) * differenceA).adding(scaleB * b, differenceB).write(to: y + outputStep)
            V(reading: x + 5 &* step).adding(scaleA * 0.5, sumA).adding(scaleB * 2, sumB).write(to: y + 2 &* outputStep)
        }
    }
}
