/// Everything a training run depends on besides the data and the starting weights.
public struct TrainingSettings: Sendable {
    public var loss: any Loss
    public var optimiser: Optimiser
    /// Base learning rate, before schedule and warm-up.
    public var learningRate: Float
    public var weightDecay: Float
    /// Whether weight decay also meets parameters of one axis: biases, and the scales and shifts of normalisation.
    public var decaysVectors: Bool
    /// Factor on the learning rate of the head, the last layer with weights.
    public var headRate: Float
    public var schedule: Schedule
    /// Steps over which the rate rises linearly to what the schedule says.
    public var warmupSteps: Int
    public var batchSize: Int
    /// Decay d of the moving average of the weights, a ← d a + (1 − d) w, smaller in the first steps; 0: none is made.
    public var averageDecay: Float
    public var augmentation: Augmentation
    /// Seed of shuffling, augmentation and dropout.
    public var seed: UInt64

    public init(loss: any Loss, optimiser: Optimiser = .adam(), learningRate: Float = 1e-3, weightDecay: Float = 0,
                decaysVectors: Bool = true, headRate: Float = 1, schedule: Schedule = .constant, warmupSteps: Int = 0,
                batchSize: Int = 128, averageDecay: Float = 0, augmentation: Augmentation = Augmentation(), seed: UInt64 = 0) {
        self.loss = loss
        self.optimiser = optimiser
        self.learningRate = learningRate
        self.weightDecay = weightDecay
        self.decaysVectors = decaysVectors
        self.headRate = headRate
        self.schedule = schedule
        self.warmupSteps = warmupSteps
        self.batchSize = batchSize
        self.averageDecay = averageDecay
        self.augmentation = augmentation
        self.seed = seed
    }

    /// Learning rate of step number `step` = 0, 1, 2, …
    public func learningRate(step: Int) -> Float {
        let warmup = step < warmupSteps ? Float(step + 1) / Float(warmupSteps) : 1
        return learningRate * schedule.factor(step: step) * warmup
    }

    /// - Throws: `NetworkError.invalidArgument`, naming the setting.
    func validate(for image: MapShape) throws {
        try augmentation.validate(for: image)
        func check(_ valid: Bool, _ name: String, _ value: some CustomStringConvertible, _ wanted: String) throws {
            if !valid { throw NetworkError.invalidArgument("\(name) is \(value), but must be \(wanted)") }
        }
        try check(learningRate.isFinite && learningRate > 0, "learning_rate", learningRate, "above 0 and finite")
        try check(weightDecay.isFinite && weightDecay >= 0, "weight_decay", weightDecay, "at least 0 and finite")
        try check(headRate.isFinite && headRate > 0, "head_rate", headRate, "above 0 and finite")
        try check(warmupSteps >= 0, "warmup_steps", warmupSteps, "at least 0")
        try check(batchSize >= 1 && batchSize <= 1 << 20, "batch_size", batchSize, "1 ... 1048576")
        try check(averageDecay >= 0 && averageDecay < 1, "average_decay", averageDecay, "at least 0 and below 1")
        switch optimiser {
        case .adam(let beta1, let beta2, let epsilon), .adamW(let beta1, let beta2, let epsilon):
            try check(beta1 >= 0 && beta1 < 1, "beta1", beta1, "at least 0 and below 1")
            try check(beta2 >= 0 && beta2 < 1, "beta2", beta2, "at least 0 and below 1")
            try check(epsilon > 0 && epsilon.isFinite, "epsilon", epsilon, "above 0 and finite")
        case .sgd(let momentum, _):
            try check(momentum >= 0 && momentum < 1, "momentum", momentum, "at least 0 and below 1")
        }
        switch schedule {
        case .constant: break
        case .step(let period, let decay):
            try check(period >= 1, "schedule_period", period, "at least 1")
            try check(decay > 0 && decay <= 1, "schedule_decay", decay, "above 0 and at most 1")
        case .cosine(let total), .oneCycle(let total):
            try check(total >= 1, "total_steps", total, "at least 1")
        }
    }
}
