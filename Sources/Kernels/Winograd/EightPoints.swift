/// 5x5 kernels by the points 0, ±1, ±2, ±1/2 and infinity: of all triples on a grid from 0.4 to 2.5 none rounds
/// noticeably less (see docs/winograd.md).
enum EightPoints: MinimalFilter {
    /// Factors of G's rows: 1 / Π (p − q) over the other finite points q, for p = ±1, ±2 and ±1/2. For p = 0 it is −1,
    /// which Bᵀ takes.
    private static let scaleOne: Float = -2.0 / 9
    private static let scaleTwo: Float = 1.0 / 90
    private static let scaleHalf: Float = 32.0 / 45

    enum Input: AxisTransform {
        static var inputs: Int { 8 }
        static var outputs: Int { 8 }

        @inline(__always)
        static func apply<V: FloatVector>(_ type: V.Type, _ x: UnsafePointer<Float>, _ step: Int,
                                          _ y: UnsafeMutablePointer<Float>, _ outputStep: Int) {
            let x1 = V(reading: x + step), x2 = V(reading: x + 2 &* step), x3 = V(reading: x + 3 &* step)
            let x4 = V(reading: x + 4 &* step), x5 = V(reading: x + 5 &* step), x6 = V(reading: x + 6 &* step)
            (V(reading: x) - x6).adding(5.25, x4 - x2).write(to: y)
            writePair(even: (x2 + x6).adding(-4.25, x4), odd: (x1 + x5).adding(-4.25, x3), to: y + outputStep, outputStep)
            writePair(even: x6.adding(-1.25, x4).adding(0.25, x2),
                      odd: (2 * x5).adding(-2.5, x3).adding(0.5, x1), to: y + 3 &* outputStep, outputStep)
            writePair(even: x6.adding(-5, x4).adding(4, x2),
                      odd: (0.5 * x5).adding(-2.5, x3).adding(2, x1), to: y + 5 &* outputStep, outputStep)
            (V(reading: x + 7 &* step) - x1).adding(5.25, x3 - x5).write(to: y + 7 &* outputStep)
        }
    }

    enum InputAdjoint: AxisTransform {
        static var inputs: Int { 8 }
        static var outputs: Int { 8 }

        @inline(__always)
        static func apply<V: FloatVector>(_ type: V.Type, _ x: UnsafePointer<Float>, _ step: Int,
                                          _ y: UnsafeMutablePointer<Float>, _ outputStep: Int) {
            let x0 = V(reading: x), x7 = V(reading: x + 7 &* step)
            let one = readPair(type, x + step, step)
            let two = readPair(type, x + 3 &* step, step)
            let half = readPair(type, x + 5 &* step, step)
            x0.write(to: y)
            (one.difference - x7).adding(0.5, two.difference).adding(2, half.difference).write(to: y + outputStep)
            one.sum.adding(-5.25, x0).adding(0.25, two.sum).adding(4, half.sum).write(to: y + 2 &* outputStep)
            (5.25 * x7).adding(-4.25, one.difference).adding(-2.5, two.difference + half.difference)
                .write(to: y + 3 &* outputStep)
            (5.25 * x0).adding(-4.25, one.sum).adding(-1.25, two.sum).adding(-5, half.sum).write(to: y + 4 &* outputStep)
            one.difference.adding(-5.25, x7).adding(2, two.difference).adding(0.5, half.difference)
                .write(to: y + 5 &* outputStep)
            (one.sum - x0 + two.sum + half.sum).write(to: y + 6 &* outputStep)
            x7.write(to: y + 7 &* outputStep)
        }
    }

    enum Output: AxisTransform {
        static var inputs: Int { 8 }
        static var outputs: Int { 4 }

        @inline(__always)
        static func apply<V: FloatVector>(_ type: V.Type, _ x: UnsafePointer<Float>, _ step: Int,
                                          _ y: UnsafeMutablePointer<Float>, _ outputStep: Int) {
            let one = readPair(type, x + step, step)
            let two = readPair(type, x + 3 &* step, step)
            let half = readPair(type, x + 5 &* step, step)
            (V(reading: x) + one.sum + two.sum + half.sum).write(to: y)
            one.difference.adding(2, two.difference).adding(0.5, half.difference).write(to: y + outputStep)
            one.sum.adding(4, two.sum).adding(0.25, half.sum).write(to: y + 2 &* outputStep)
            (V(reading: x + 7 &* step) + one.difference).adding(8, two.difference).adding(0.125, half.difference)
                .write(to: y + 3 &* outputStep)
        }
    }

    enum OutputAdjoint: AxisTransform {
        static var inputs: Int { 4 }
        static var outputs: Int { 8 }

        @inline(__always)
        static func apply<V: FloatVector>(_ type: V.Type, _ x: UnsafePointer<Float>, _ step: Int,
                                          _ y: UnsafeMutablePointer<Float>, _ outputStep: Int) {
            let x0 = V(reading: x), x1 = V(reading: x + step), x2 = V(reading: x + 2 &* step), x3 = V(reading: x + 3 &* step)
            x0.write(to: y)
            writePair(even: x0 + x2, odd: x1 + x3, to: y + outputStep, outputStep)
            writePair(even: x0.adding(4, x2), odd: (2 * x1).adding(8, x3), to: y + 3 &* outputStep, outputStep)
            writePair(even: x0.adding(0.25, x2), odd: (0.5 * x1).adding(0.125, x3), to: y + 5 &* outputStep, outputStep)
            x3.write(to: y + 7 &* outputStep)
        }
    }

    enum Kernel: AxisTransform {
        static var inputs: Int { 5 }
        static var outputs: Int { 8 }

        @inline(__always)
        static func apply<V: FloatVector>(_ type: V.Type, _ x: UnsafePointer<Float>, _ step: Int,
                                          _ y: UnsafeMutablePointer<Float>, _ outputStep: Int) {
            let x0 = V(reading: x), x1 = V(reading: x + step), x2 = V(reading: x + 2 &* step)
            let x3 = V(reading: x + 3 &* step), x4 = V(reading: x + 4 &* step)
            x0.write(to: y)
            writePair(even: scaleOne * (x0 + x2 + x4), odd: scaleOne * (x1 + x3), to: y + outputStep, outputStep)
            writePair(even: scaleTwo * x0.adding(4, x2).adding(16, x4),
                      odd: (2 * scaleTwo) * x1.adding(4, x3), to: y + 3 &* outputStep, outputStep)
            writePair(even: scaleHalf * x0.adding(0.25, x2).adding(0.0625, x4),
                      odd: (0.5 * scaleHalf) * x1.adding(0.25, x3), to: y + 5 &* outputStep, outputStep)
            x4.write(to: y + 7 &* outputStep)
        }
    }

    enum KernelAdjoint: AxisTransform {
        static var inputs: Int { 8 }
        static var outputs: Int { 5 }

        @inline(__always)
        static func apply<V: FloatVector>(_ type: V.Type, _ x: UnsafePointer<Float>, _ step: Int,
                                          _ y: UnsafeMutablePointer<Float>, _ outputStep: Int) {
            let one = readPair(type, x + step, step)
            let two = readPair(type, x + 3 &* step, step)
            let half = readPair(type, x + 5 &* step, step)
            let evenOne = scaleOne * one.sum, oddOne = scaleOne * one.difference
            let evenTwo = scaleTwo * two.sum, oddTwo = (2 * scaleTwo) * two.difference
            let evenHalf = scaleHalf * half.sum, oddHalf = (0.5 * scaleHalf) * half.difference
            (V(reading: x) + evenOne + evenTwo + evenHalf).write(to: y)
            (oddOne + oddTwo + oddHalf).write(to: y + outputStep)
            evenOne.adding(4, evenTwo).adding(0.25, evenHalf).write(to: y + 2 &* outputStep)
            oddOne.adding(4, oddTwo).adding(0.25, oddHalf).write(to: y + 3 &* outputStep)
            (V(reading: x + 7 &* step) + evenOne).adding(16, evenTwo).adding(0.0625, evenHalf)
                .write(to: y + 4 &* outputStep)
        }
    }
}
