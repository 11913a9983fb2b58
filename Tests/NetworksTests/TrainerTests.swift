import Kernels
import Networks
import Tensors
import Testing

@Suite(.serialized) struct TrainerTests {
    private let shape = MapShape(height: 16, width: 17, channels: 2)

    private func makeTrainer(_ optimiser: Optimiser = .adam(), schedule: Schedule = .constant, seed: UInt64 = 3) throws -> Trainer {
        let network = try Network(architecture: .leNet(classes: 5), imageShape: shape, seed: 7)
        return try Trainer(network: network, settings: TrainingSettings(
            loss: SquaredError(), optimiser: optimiser, learningRate: 1e-3, weightDecay: 5e-3, schedule: schedule,
            batchSize: 16, seed: seed))
    }

    private var data: (Tensor<Float>, Tensor<Int32>) { (noiseImages(50, shape), cyclicLabels(50, classes: 5)) }

    @Test(arguments: [Optimiser.adam(), .adamW(), .sgd(momentum: 0.9, nesterov: true), .sgd(momentum: 0.9, nesterov: false)])
    func learnsByHeart(optimiser: Optimiser) throws {
        let (images, labels) = data
        let trainer = try makeTrainer(optimiser)
        let first = try trainer.run(images, labels, steps: 4)
        try trainer.run(images, labels, steps: 60)
        let last = try trainer.run(images, labels, steps: 4)
        #expect(last < 0.8 * first, "\(first) -> \(last)")
    }

    @Test func sameBitsForAnyNumberOfThreads() throws {
        let (images, labels) = data
        let before = ThreadPool.shared.threadCount
        defer { ThreadPool.shared.threadCount = before }
        var results: [[Float]] = []
        for threads in [1, 2, 3, 8] {
            ThreadPool.shared.threadCount = threads
            let trainer = try makeTrainer()
            try trainer.run(images, labels, steps: 11)
            results.append(trainer.network.allParameters)
        }
        for result in results.dropFirst() { #expect(result == results[0]) }
    }

    @Test func anotherSeedGivesOtherWeights() throws {
        let (images, labels) = data
        let a = try makeTrainer(seed: 3), b = try makeTrainer(seed: 4)
        try a.run(images, labels, steps: 5)
        try b.run(images, labels, steps: 5)
        #expect(a.network.allParameters != b.network.allParameters)
    }

    /// Stopped in the middle of an epoch, copied into a new trainer through its saved state, and run to the end.
    @Test(arguments: [3, 4, 6])
    func resumesToTheSameBits(stop: Int) throws {
        let (images, labels) = data
        let whole = try makeTrainer(schedule: .cosine(total: 12))
        try whole.run(images, labels, steps: 12)

        let start = try makeTrainer(schedule: .cosine(total: 12))
        try start.run(images, labels, steps: stop)
        let rest = try makeTrainer(schedule: .cosine(total: 12))
        for index in start.network.layout.parameters.indices {
            try start.network.parameter(index).withUnsafePointer { try rest.network.writeParameter(index, from: $0) }
        }
        for state in [Trainer.State.firstMoment, .secondMoment] {
            var values = [Float](repeating: 0, count: start.network.layout.count)
            start.read(state, into: &values)
            try rest.write(state, from: values)
        }
        try rest.resume(at: start.progress)
        try rest.run(images, labels, steps: 12 - stop)
        #expect(rest.progress == whole.progress)
        #expect(rest.network.allParameters == whole.network.allParameters)
    }

    @Test func endsEachEpochWithASmallerBatch() throws {
        let (images, labels) = data
        let trainer = try makeTrainer()
        #expect(trainer.stepsPerEpoch(images: 50) == 4)
        var alive = [Int](repeating: 0, count: 5)
        var statistics = LossStatistics()
        let ended = try Images.with(images) { images in
            try labels.withUnsafePointer {
                try trainer.run(images, labels: $0, maxSteps: 100, statistics: &statistics, alive: &alive)
            }
        }
        #expect(ended && statistics.count == 50)
        #expect(trainer.progress.epoch == 1 && trainer.progress.stepInEpoch == 0 && trainer.progress.step == 4)
    }

    @Test func keepsTheBestWeights() throws {
        let (images, labels) = data
        let trainer = try makeTrainer()
        try trainer.run(images, labels, steps: 2)
        #expect(try trainer.report(score: 0.5))
        let best = trainer.network.allParameters
        try trainer.run(images, labels, steps: 2)
        #expect(try !trainer.report(score: 0.5))
        #expect(trainer.network.allParameters != best)
        trainer.restoreBest()
        #expect(trainer.network.allParameters == best)
        #expect(trainer.progress.bestScore == 0.5)
        #expect(throws: NetworkError.self) { try trainer.report(score: .nan) }
    }

    @Test func losesNothingWhenTheLossIsNotFinite() throws {
        let (images, labels) = data
        var broken = images
        broken[7, 3, 3, 0] = .nan
        let trainer = try makeTrainer()
        try trainer.run(images, labels, steps: 4)
        let before = trainer.network.allParameters
        // Five epochs would meet the broken image at least once; the weights stay finite.
        #expect(throws: NetworkError.self) { try trainer.run(broken, labels, steps: 20) }
        #expect(trainer.network.allParameters.allSatisfy { $0.isFinite })
        #expect(before.allSatisfy { $0.isFinite })
    }

    @Test func refusesWhatDoesNotFit() throws {
        let (images, labels) = data
        let trainer = try makeTrainer()
        #expect(throws: NetworkError.self) { try trainer.run(noiseImages(50, MapShape(height: 16, width: 16, channels: 2)), labels, steps: 1) }
        #expect(throws: NetworkError.self) { try trainer.run(images, Tensor([Int32](repeating: 5, count: 50)), steps: 1) }
        #expect(throws: NetworkError.self) { try trainer.run(images, Tensor([Int32](repeating: -1, count: 50)), steps: 1) }
        try trainer.run(images, labels, steps: 3)
        #expect(throws: NetworkError.self) { try trainer.run(noiseImages(16, shape), labels, steps: 1) }
        let network = trainer.network
        for settings in [
            TrainingSettings(loss: SquaredError(), learningRate: 0), TrainingSettings(loss: SquaredError(), learningRate: .nan),
            TrainingSettings(loss: SquaredError(), weightDecay: -1), TrainingSettings(loss: SquaredError(), batchSize: 0),
            TrainingSettings(loss: SquaredError(), optimiser: .adam(beta1: 1)),
            TrainingSettings(loss: SquaredError(), optimiser: .sgd(momentum: 1)),
            TrainingSettings(loss: SquaredError(), schedule: .step(period: 0, decay: 0.1)),
            TrainingSettings(loss: SquaredError(), schedule: .oneCycle(total: 0)),
            TrainingSettings(loss: SquaredError(), warmupSteps: -1),
            TrainingSettings(loss: SquaredError(), averageDecay: 1), TrainingSettings(loss: SquaredError(), averageDecay: -0.5),
            TrainingSettings(loss: SquaredError(), augmentation: Augmentation(crop: 16)),
            TrainingSettings(loss: SquaredError(), augmentation: Augmentation(crop: -1)),
            TrainingSettings(loss: SquaredError(), augmentation: Augmentation(cutout: 17)),
            TrainingSettings(loss: SquaredError(), augmentation: Augmentation(rotation: 181)),
            TrainingSettings(loss: SquaredError(), augmentation: Augmentation(rotation: .nan)),
        ] {
            #expect(throws: NetworkError.self) { try Trainer(network: network, settings: settings) }
        }
    }
}

@Suite struct ScheduleTests {
    @Test func stepDecaysAfterEachPeriod() {
        let schedule = Schedule.step(period: 7, decay: 0.1)
        #expect(schedule.factor(step: 6) == 1)
        #expect(abs(schedule.factor(step: 7) - 0.1) < 1e-7)
        #expect(abs(schedule.factor(step: 14) - 0.01) < 1e-8)
    }

    @Test func cosineGoesFromOneToZero() {
        let schedule = Schedule.cosine(total: 100)
        #expect(schedule.factor(step: 0) == 1)
        #expect(abs(schedule.factor(step: 50) - 0.5) < 1e-6)
        #expect(schedule.factor(step: 100) == 0 && schedule.factor(step: 1000) == 0)
    }

    @Test func oneCycleRisesThenFalls() {
        let schedule = Schedule.oneCycle(total: 100)
        #expect(abs(schedule.factor(step: 0) - 0.04) < 1e-6)
        #expect(schedule.factor(step: 30) == 1)
        #expect(schedule.factor(step: 100) < 1e-5)
        #expect((0 ..< 30).allSatisfy { schedule.factor(step: $0) < schedule.factor(step: $0 + 1) })
        #expect((30 ..< 100).allSatisfy { schedule.factor(step: $0) > schedule.factor(step: $0 + 1) })
    }

    @Test func warmupRisesToTheSchedule() {
        let settings = TrainingSettings(loss: SquaredError(), learningRate: 0.5, warmupSteps: 4)
        #expect((0 ..< 6).map(settings.learningRate(step:)) == [0.125, 0.25, 0.375, 0.5, 0.5, 0.5])
    }
}
