/// What one pass of a loss over a batch measured, summed over its images.
///
/// Sums rather than means, so that batches of different size add up; divide by `count`.
public struct LossStatistics: Sendable, Equatable {
    /// Images in the batch.
    public var count = 0
    /// Σ total loss (data term + weighted KL + rescue term).
    public var loss = 0.0
    /// Σ weighted KL term (zero for losses without one).
    public var divergence = 0.0
    /// Images whose largest logit is at their label.
    public var correct = 0
    /// Σ uncertainty u = K/S (zero for the softmax baseline).
    public var uncertainty = 0.0
    /// Σ total evidence Σ_k e_k over correctly classified images.
    public var evidenceWhenCorrect = 0.0
    /// Σ total evidence over wrongly classified images.
    public var evidenceWhenWrong = 0.0
    /// Images whose evidence for their own class is below `Self.deadEvidence`.
    public var dead = 0

    /// Evidence below which a sample counts as dead: it moves its belief by less than 0.01 / K.
    public static let deadEvidence = 0.01

    public init() {}

    public static func += (sum: inout LossStatistics, other: LossStatistics) {
        sum.count += other.count
        sum.loss += other.loss
        sum.divergence += other.divergence
        sum.correct += other.correct
        sum.uncertainty += other.uncertainty
        sum.evidenceWhenCorrect += other.evidenceWhenCorrect
        sum.evidenceWhenWrong += other.evidenceWhenWrong
        sum.dead += other.dead
    }
}

/// A training objective over a network's logits.
///
/// The network knows only this protocol; evidential losses live in `Evidential`.
public protocol Loss: Sendable {
    /// Loss and gradient of a batch, in one pass.
    ///
    /// - Parameters:
    ///   - logits: `[count, classes]`, row-major.
    ///   - labels: `[count]`, each in `0 ..< classes` (checked by the caller).
    ///   - gradient: `[count, classes]`, receives d(mean loss over `count`)/d logits; nil when only the value is wanted.
    ///   - aliveSamples: `[classes]`, each class's entry is raised by the number of its images with live evidence
    ///     (at least `LossStatistics.deadEvidence` for their own class).
    ///   - step: optimisation steps done so far: what annealing counts.
    func evaluate(
        logits: UnsafePointer<Float>, labels: UnsafePointer<Int32>, count: Int, classes: Int,
        gradient: UnsafeMutablePointer<Float>?, aliveSamples: UnsafeMutablePointer<Int>, step: Int
    ) -> LossStatistics
}
