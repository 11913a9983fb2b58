import CEviCAM
import EviCAM

@c @implementation
public func evicam_trainer_create(
    _ network: evicam_network, _ training: UnsafePointer<evicam_training>!,
    _ trainer: UnsafeMutablePointer<evicam_trainer>!, _ error: UnsafeMutablePointer<evicam_error>!
) -> evicam_status {
    call(error) {
        let handle = try require(trainer, "trainer")
        let settings = try TrainingSettings(require(training, "training"))
        let entry = try networks.find(network)
        let made = try entry.use { try Trainer(network: $0, settings: settings) }
        handle.pointee = trainers.insert(Guarded(made, gate: entry.gate))
    }
}

@c @implementation
public func evicam_trainer_destroy(_ trainer: evicam_trainer,
                                   _ error: UnsafeMutablePointer<evicam_error>!) -> evicam_status {
    call(error) { try trainers.remove(trainer) }
}

// MARK: - Running

/// What sums of counts may begin at: far beyond use, and nothing overflows that is added.
private let countRange: ClosedRange<Int64> = 0 ... 1 << 48

/// Lends a counter per class, and adds what it counted to the caller's, if there are any.
private func withAlive<Result>(_ alive: UnsafeMutablePointer<Int64>?, classes: Int,
                               _ body: (UnsafeMutablePointer<Int>) throws -> Result) throws -> Result {
    if let alive { for k in 0 ..< classes { _ = try require(alive[k], "alive[\(k)]", in: countRange) } }
    return try withUnsafeTemporaryAllocation(of: Int.self, capacity: classes) { counts in
        counts.initialize(repeating: 0)
        let result = try body(counts.baseAddress!)
        if let alive { for k in 0 ..< classes { alive[k] += Int64(counts[k]) } }
        return result
    }
}

extension LossStatistics {
    init(_ sums: evicam_statistics) throws {
        self.init()
        count = try require(sums.count, "statistics.count", in: countRange)
        correct = try require(sums.correct, "statistics.correct", in: countRange)
        dead = try require(sums.dead, "statistics.dead", in: countRange)
        loss = sums.loss
        divergence = sums.divergence
        uncertainty = sums.uncertainty
        evidenceWhenCorrect = sums.evidence_when_correct
        evidenceWhenWrong = sums.evidence_when_wrong
    }
}

extension evicam_statistics {
    init(_ statistics: LossStatistics) {
        self.init(count: Int64(statistics.count), loss: statistics.loss, divergence: statistics.divergence,
                  correct: Int64(statistics.correct), uncertainty: statistics.uncertainty,
                  evidence_when_correct: statistics.evidenceWhenCorrect,
                  evidence_when_wrong: statistics.evidenceWhenWrong, dead: Int64(statistics.dead))
    }
}

@c @implementation
public func evicam_trainer_run(
    _ trainer: evicam_trainer, _ images: UnsafePointer<evicam_images>!, _ labels: UnsafePointer<Int32>!,
    _ maxSteps: Int64, _ statistics: UnsafeMutablePointer<evicam_statistics>!, _ alive: UnsafeMutablePointer<Int64>!,
    _ epochEnded: UnsafeMutablePointer<Int32>!, _ error: UnsafeMutablePointer<evicam_error>!
) -> evicam_status {
    call(error) {
        let labels = try require(labels, "labels"), target = try require(statistics, "statistics")
        let ended = try require(epochEnded, "epoch_ended")
        let steps = try require(maxSteps, "max_steps", in: 1 ... .max)
        let images = try Images(images)
        var sums = try LossStatistics(target.pointee)
        try trainers.find(trainer).use { trainer in
            let epochEnded = try withAlive(alive, classes: trainer.network.classes) {
                try trainer.run(images, labels: labels, maxSteps: steps, statistics: &sums, alive: $0)
            }
            target.pointee = evicam_statistics(sums)
            ended.pointee = epochEnded ? 1 : 0
        }
    }
}

@c @implementation
public func evicam_trainer_evaluate(
    _ trainer: evicam_trainer, _ images: UnsafePointer<evicam_images>!, _ labels: UnsafePointer<Int32>!,
    _ statistics: UnsafeMutablePointer<evicam_statistics>!, _ alive: UnsafeMutablePointer<Int64>!,
    _ error: UnsafeMutablePointer<evicam_error>!
) -> evicam_status {
    call(error) {
        let labels = try require(labels, "labels"), target = try require(statistics, "statistics")
        let images = try Images(images)
        try trainers.find(trainer).use { trainer in
            target.pointee = evicam_statistics(try withAlive(alive, classes: trainer.network.classes) {
                try trainer.evaluate(images, labels: labels, alive: $0)
            })
        }
    }
}

@c @implementation
public func evicam_trainer_report_score(
    _ trainer: evicam_trainer, _ score: Double, _ improved: UnsafeMutablePointer<Int32>!,
    _ error: UnsafeMutablePointer<evicam_error>!
) -> evicam_status {
    call(error) {
        let improved = try require(improved, "improved")
        improved.pointee = try trainers.find(trainer).use { try $0.report(score: score) ? 1 : 0 }
    }
}

@c @implementation
public func evicam_trainer_restore_best(_ trainer: evicam_trainer,
                                        _ error: UnsafeMutablePointer<evicam_error>!) -> evicam_status {
    call(error) { try trainers.find(trainer).use { $0.restoreBest() } }
}

@c @implementation
public func evicam_trainer_rates(
    _ trainer: evicam_trainer, _ learningRate: UnsafeMutablePointer<Float>!, _ klWeight: UnsafeMutablePointer<Float>!,
    _ error: UnsafeMutablePointer<evicam_error>!
) -> evicam_status {
    call(error) {
        let learningRate = try require(learningRate, "learning_rate"), klWeight = try require(klWeight, "kl_weight")
        try trainers.find(trainer).use { trainer in
            let step = trainer.progress.step
            learningRate.pointee = trainer.settings.learningRate(step: step)
            klWeight.pointee = Float(klWeightOf(trainer.settings.loss, step: step))
        }
    }
}

private func klWeightOf(_ loss: any Loss, step: Int) -> Double {
    switch loss {
    case let loss as EvidentialLoss: loss.klWeight(step: step)
    case let loss as SoftmaxStart: loss.klWeight(step: step)
    default: 0
    }
}

@c @implementation
public func evicam_trainer_restore_average(_ trainer: evicam_trainer,
                                           _ error: UnsafeMutablePointer<evicam_error>!) -> evicam_status {
    call(error) { try trainers.find(trainer).use { $0.restoreAverage() } }
}

// MARK: - Saving and resuming

@c @implementation
public func evicam_trainer_progress(
    _ trainer: evicam_trainer, _ progress: UnsafeMutablePointer<evicam_progress>!,
    _ error: UnsafeMutablePointer<evicam_error>!
) -> evicam_status {
    call(error) {
        let target = try require(progress, "progress")
        target.pointee = try trainers.find(trainer).use { trainer in
            let progress = trainer.progress
            return evicam_progress(step: Int64(progress.step), epoch: Int64(progress.epoch),
                                   step_in_epoch: Int64(progress.stepInEpoch), best_score: progress.bestScore,
                                   best_epoch: Int64(progress.bestEpoch))
        }
    }
}

@c @implementation
public func evicam_trainer_set_progress(
    _ trainer: evicam_trainer, _ progress: UnsafePointer<evicam_progress>!,
    _ error: UnsafeMutablePointer<evicam_error>!
) -> evicam_status {
    call(error) {
        let source = try require(progress, "progress").pointee
        // Random numbers are drawn by step: see `Philox.block` for how far they reach.
        var progress = TrainingProgress()
        progress.step = try require(source.step, "progress.step", in: 0 ... 1 << 31)
        progress.epoch = try require(source.epoch, "progress.epoch", in: 0 ... 1 << 31)
        progress.stepInEpoch = try require(source.step_in_epoch, "progress.step_in_epoch", in: 0 ... 1 << 31)
        progress.bestScore = source.best_score
        progress.bestEpoch = try require(source.best_epoch, "progress.best_epoch", in: -1 ... 1 << 31)
        try trainers.find(trainer).use { try $0.resume(at: progress) }
    }
}

private func state(_ number: Int32) throws -> Trainer.State {
    switch Int(number) {
    case Int(EVICAM_STATE_FIRST_MOMENT): .firstMoment
    case Int(EVICAM_STATE_SECOND_MOMENT): .secondMoment
    case Int(EVICAM_STATE_BEST_PARAMETERS): .bestParameters
    case Int(EVICAM_STATE_AVERAGE_PARAMETERS): .averageParameters
    default: throw Failure.invalid("which is \(number), but must be one of EVICAM_STATE_...")
    }
}

@c @implementation
public func evicam_trainer_read_state(
    _ trainer: evicam_trainer, _ which: Int32, _ values: UnsafeMutablePointer<Float>!, _ count: Int64,
    _ error: UnsafeMutablePointer<evicam_error>!
) -> evicam_status {
    call(error) {
        let values = try require(values, "values"), which = try state(which)
        try trainers.find(trainer).use { trainer in
            try require(count, equals: trainer.network.layout.count)
            trainer.read(which, into: values)
        }
    }
}

@c @implementation
public func evicam_trainer_write_state(
    _ trainer: evicam_trainer, _ which: Int32, _ values: UnsafePointer<Float>!, _ count: Int64,
    _ error: UnsafeMutablePointer<evicam_error>!
) -> evicam_status {
    call(error) {
        let values = try require(values, "values"), which = try state(which)
        try trainers.find(trainer).use { trainer in
            try require(count, equals: trainer.network.layout.count)
            try trainer.write(which, from: values)
        }
    }
}
