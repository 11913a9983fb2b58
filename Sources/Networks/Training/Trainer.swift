import Kernels
import Tensors

/// Where a training run stands. With the trainer's state arrays and the weights it is all that resuming needs.
public struct TrainingProgress: Sendable, Equatable {
    /// Optimisation steps done.
    public var step = 0
    /// Epochs completed, and steps done of the running one.
    public var epoch = 0
    public var stepInEpoch = 0
    /// Best validation score so far (-infinity before the first), and the epochs that were complete when it was reported.
    public var bestScore = -Double.infinity
    public var bestEpoch = -1

    public init() {}
}

/// Trains one network, step by step: the caller decides how many steps a call makes and what happens in between.
///
/// Images are shuffled anew each epoch by (seed, epoch) and changed by (seed, epoch, image); dropout is drawn by (seed,
/// step, layer). So a run that was stopped and resumed ends with the same bits as one that was not, for any number of
/// threads.
public final class Trainer {
    public let network: Network
    public let settings: TrainingSettings
    public private(set) var progress = TrainingProgress()

    /// Flat arrays like the parameters'.
    private let gradient: Arena
    let first: Arena
    /// nil where the optimiser has none.
    let second: Arena?
    var best: Arena?
    /// The moving average of the parameters; nil where none is made.
    let average: Arena?
    private let parts: UpdateParts
    private let plan: Plan
    /// Order of the images in the running epoch.
    private var order: [Int32] = []
    private var orderedEpoch = -1
    private var batchLabels: [Int32]

    /// - Throws: `NetworkError` when a setting is out of range, there are no weights, or memory cannot be had.
    public init(network: Network, settings: TrainingSettings) throws {
        try settings.validate(for: network.imageShape)
        guard network.layout.count > 0 else {
            throw NetworkError.invalidArchitecture("the architecture has no layer with weights: there is nothing to train")
        }
        self.network = network
        self.settings = settings
        let count = network.layout.flatCount
        gradient = try Arena(count: count)
        first = try Arena(count: count)
        second = settings.optimiser.hasSecondMoment ? try Arena(count: count) : nil
        average = settings.averageDecay > 0 ? try Arena(count: count) : nil
        average?.base.update(from: network.parameters.base, count: count)
        parts = UpdateParts(layout: network.layout, head: network.architecture.head, decaysVectors: settings.decaysVectors,
                            headRate: settings.headRate)
        var compiler = try PlanCompiler(
            architecture: network.architecture, image: network.imageShape, purpose: .training,
            capacity: settings.batchSize, winograd: Winograd.isEnabled, layout: network.layout,
            parameters: network.parameters.base, gradient: gradient.base)
        plan = try compiler.compile()
        batchLabels = [Int32](repeating: 0, count: settings.batchSize)
    }

    // MARK: - Steps

    /// Optimisation steps in an epoch over `images` images; the last batch may be smaller.
    public func stepsPerEpoch(images: Int) -> Int { (images + settings.batchSize - 1) / settings.batchSize }

    /// Makes up to `maxSteps` steps, stopping early when the epoch is complete.
    ///
    /// - Parameters:
    ///   - labels: [images.count], each in 0 ..< classes.
    ///   - statistics: raised by what the losses measured, step by step: the sums over an epoch do not depend on how
    ///     it was cut into calls.
    ///   - alive: [classes], raised by each class's images with live evidence.
    /// - Returns: whether the epoch is complete.
    /// - Throws: `NetworkError.invalidImages`, `.invalidArgument` for labels, `.lossNotFinite` and `.outOfMemory`: the weights
    ///   are then those of the last step that was completed; but running statistics may have followed the step that ran out of
    ///   memory, and what steps before it in this call measured is not in `statistics`.
    public func run(_ images: Images, labels: UnsafePointer<Int32>, maxSteps: Int, statistics: inout LossStatistics,
                    alive: UnsafeMutablePointer<Int>) throws -> Bool {
        try network.check(images)
        try check(labels: labels, count: images.count)
        let steps = stepsPerEpoch(images: images.count)
        guard progress.stepInEpoch < steps else {
            throw NetworkError.invalidArgument(
                "the run stands at step \(progress.stepInEpoch) of its epoch, but \(images.count) images make only \(steps): "
                    + "resume with the images it was started with")
        }
        try network.checkBatches(of: settings.batchSize, images: images.count)
        shuffle(images: images.count)
        for _ in 0 ..< maxSteps {
            statistics += try step(images, labels: labels, alive: alive)
            if progress.stepInEpoch == steps {
                progress.epoch += 1
                progress.stepInEpoch = 0
                return true
            }
        }
        return false
    }

    private func step(_ images: Images, labels: UnsafePointer<Int32>,
                      alive: UnsafeMutablePointer<Int>) throws -> LossStatistics {
        let start = progress.stepInEpoch * settings.batchSize
        let pass = Pass(images: min(settings.batchSize, images.count - start), step: progress.step, seed: settings.seed)
        order.withUnsafeBufferPointer {
            network.load(images, indices: $0.baseAddress! + start, into: plan, pass: pass,
                         augmentation: settings.augmentation, epoch: progress.epoch)
        }
        for i in 0 ..< pass.images { batchLabels[i] = labels[Int(order[start + i])] }

        try plan.forward(pass, version: network.version)
        let statistics = settings.loss.evaluate(
            logits: plan.logits.activations, labels: batchLabels, count: pass.images, classes: network.classes,
            gradient: plan.logits.gradient!, aliveSamples: alive, step: progress.step)
        guard statistics.loss.isFinite else { throw NetworkError.lossNotFinite(step: progress.step) }
        try plan.backward(pass)
        let updated = UpdatedWeights(
            parts: parts.parts, weights: network.parameters.base, gradient: gradient.base, average: average?.base,
            averageRate: Self.averageRate(decay: settings.averageDecay, step: progress.step))
        settings.optimiser.update(
            updated, step: progress.step, rate: settings.learningRate(step: progress.step), decay: settings.weightDecay,
            first: first.base, second: second?.base, pool: pass.pool)
        network.parametersChanged()
        progress.step += 1
        progress.stepInEpoch += 1
        return statistics
    }

    private func shuffle(images count: Int) {
        guard orderedEpoch != progress.epoch || order.count != count else { return }
        if order.count != count { order = [Int32](repeating: 0, count: count) }
        let random = Philox(seed: settings.seed, purpose: .shuffle, index: progress.epoch)
        order.withUnsafeMutableBufferPointer { random.shuffle($0.baseAddress!, count: count) }
        orderedEpoch = progress.epoch
    }

    private func check(labels: UnsafePointer<Int32>, count: Int) throws {
        for i in 0 ..< count where labels[i] < 0 || labels[i] >= network.classes {
            throw NetworkError.invalidArgument(
                "label \(i) is \(labels[i]), but the network has the classes 0 ... \(network.classes - 1)")
        }
    }

    // MARK: - Validation

    /// The loss over a set, by the averaged weights where they are kept, without learning from it and without dropout.
    /// - Throws: as `run`.
    public func evaluate(_ images: Images, labels: UnsafePointer<Int32>,
                         alive: UnsafeMutablePointer<Int>) throws -> LossStatistics {
        try network.check(images)
        try check(labels: labels, count: images.count)
        return try withAverage { try measure(images, labels: labels, alive: alive) }
    }

    private func measure(_ images: Images, labels: UnsafePointer<Int32>,
                         alive: UnsafeMutablePointer<Int>) throws -> LossStatistics {
        let plan = try network.plan(.inference, images: network.capacity(for: images.count))
        var statistics = LossStatistics()
        for start in stride(from: 0, to: images.count, by: plan.capacity) {
            let pass = Pass(images: min(plan.capacity, images.count - start))
            network.load(images.slice(from: start, count: pass.images), into: plan, pass: pass)
            try plan.forward(pass, version: network.version)
            statistics += settings.loss.evaluate(
                logits: plan.logits.activations, labels: labels + start, count: pass.images, classes: network.classes,
                gradient: nil, aliveSamples: alive, step: progress.step)
        }
        return statistics
    }

    /// Notes the score of the current weights, or of their average where it is kept; the best so far are kept. Ties go to
    /// the earlier ones.
    /// - Returns: whether they are the best so far.
    /// - Throws: `NetworkError.invalidArgument` for NaN, `.outOfMemory`.
    public func report(score: Double) throws -> Bool {
        guard !score.isNaN else { throw NetworkError.invalidArgument("score is NaN") }
        guard score > progress.bestScore else { return false }
        let kept = try best ?? Arena(count: network.layout.flatCount)
        kept.base.update(from: (average ?? network.parameters).base, count: kept.count)
        best = kept
        progress.bestScore = score
        progress.bestEpoch = progress.epoch
        return true
    }

    /// Puts the best weights back into the network; does nothing when no score was reported.
    public func restoreBest() {
        guard let best else { return }
        network.parameters.base.update(from: best.base, count: best.count)
        network.parametersChanged()
    }

    /// Continues from where another run stood.
    /// - Throws: `NetworkError.invalidArgument` when a count is negative.
    public func resume(at progress: TrainingProgress) throws {
        guard progress.step >= 0, progress.epoch >= 0, progress.stepInEpoch >= 0, progress.bestEpoch >= -1,
              !progress.bestScore.isNaN else {
            throw NetworkError.invalidArgument("the training progress \(progress) has negative counts or a NaN score")
        }
        self.progress = progress
    }
}
