/// A stretch of flat memory that one part of an update works on.
public struct UpdatePart: Sendable {
    /// Elements of one part: four arrays of 16 KiB.
    private static let grain = 4 * 1024

    let start: Int
    let count: Int
    /// Whether weight decay draws these weights to zero.
    let decays: Bool
    /// Factor on the learning rate.
    let rate: Float

    /// The parts of a stretch of memory.
    public static func cut(_ elements: Range<Int>, decays: Bool, rate: Float = 1) -> [UpdatePart] {
        stride(from: elements.lowerBound, to: elements.upperBound, by: grain).map { start in
            UpdatePart(start: start, count: min(grain, elements.upperBound - start), decays: decays, rate: rate)
        }
    }
}

/// What an optimiser's update reads and writes besides its own state. All arrays are flat and alike.
public struct UpdatedWeights: @unchecked Sendable {
    let parts: UnsafeBufferPointer<UpdatePart>
    let weights: UnsafeMutablePointer<Float>
    let gradient: UnsafePointer<Float>
    let average: UnsafeMutablePointer<Float>?
    let averageRate: Float

    /// - Parameters:
    ///   - average: a moving average of the weights, updated in the same pass: a ← a + averageRate · (w − a).
    public init(parts: UnsafeBufferPointer<UpdatePart>, weights: UnsafeMutablePointer<Float>,
                gradient: UnsafePointer<Float>, average: UnsafeMutablePointer<Float>? = nil, averageRate: Float = 0) {
        self.parts = parts
        self.weights = weights
        self.gradient = gradient
        self.average = average
        self.averageRate = averageRate
    }

    /// Writes updated weights, and averages them.
    @inline(__always)
    func write<V: FloatVector>(_ w: V, at position: Int, first lanes: Int) {
        w.write(to: weights + position, first: lanes)
        guard let average else { return }
        var a = V(reading: average + position)
        a += (w - a) * averageRate
        a.write(to: average + position, first: lanes)
    }
}
