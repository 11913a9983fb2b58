import Networks

/// An evidential loss with a warm start: cross-entropy for the first steps, then the loss itself, its annealing counted
/// from there.
///
/// Cross-entropy orders the logits whatever their size, where an evidential loss has little slope while no class has
/// evidence; a network that already ranks the classes has only the amount of evidence left to learn.
public struct SoftmaxStart: Loss, Equatable {
    public var evidential: EvidentialLoss
    public var crossEntropy: SoftmaxCrossEntropy
    /// Steps of cross-entropy.
    public var steps: Int

    public init(_ evidential: EvidentialLoss, steps: Int, smoothing: Double = 0) {
        self.evidential = evidential
        self.crossEntropy = SoftmaxCrossEntropy(smoothing: smoothing)
        self.steps = steps
    }

    /// Weight of the KL term at step number `step` = 0, 1, 2, …
    public func klWeight(step: Int) -> Double { step < steps ? 0 : evidential.klWeight(step: step - steps) }

    /// During cross-entropy, evidence and uncertainty are what the evidential head makes of the logits; every sample counts
    /// as alive, for nothing has tried to give it evidence yet.
    public func evaluate(
        logits: UnsafePointer<Float>, labels: UnsafePointer<Int32>, count: Int, classes: Int,
        gradient: UnsafeMutablePointer<Float>?, aliveSamples: UnsafeMutablePointer<Int>, step: Int
    ) -> LossStatistics {
        guard step < steps else {
            return evidential.evaluate(logits: logits, labels: labels, count: count, classes: classes, gradient: gradient,
                                       aliveSamples: aliveSamples, step: step - steps)
        }
        let fit = crossEntropy.evaluate(
            logits: logits, labels: labels, count: count, classes: classes, gradient: gradient, aliveSamples: aliveSamples,
            step: step)
        var statistics = withUnsafeTemporaryAllocation(of: Int.self, capacity: classes) { alive in
            alive.initialize(repeating: 0)
            return evidential.evaluate(logits: logits, labels: labels, count: count, classes: classes, gradient: nil,
                                       aliveSamples: alive.baseAddress!, step: 0)
        }
        statistics.loss = fit.loss
        statistics.divergence = 0
        return statistics
    }
}
