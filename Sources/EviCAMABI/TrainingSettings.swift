import CEviCAM
import EviCAM

// What a training run is asked for, read from the C structures.

extension TrainingSettings {
    /// Reads the C structure; ranges of the optimiser's, schedule's and augmentation's numbers are checked when the trainer
    /// is made.
    init(_ pointer: UnsafePointer<evicam_training>) throws {
        // A caller of version 2 has memory up to `seed` only.
        let first = MemoryLayout<evicam_training>.offset(of: \.seed)! + MemoryLayout<UInt64>.size
        let training = try read(pointer, \.struct_size, name: "training", first: first, empty: evicam_training())
        let maximum = Int64(Int32.max)
        self.init(
            loss: try Self.loss(training), optimiser: try Self.optimiser(training),
            learningRate: training.learning_rate, weightDecay: training.weight_decay,
            decaysVectors: training.decay_spares_vectors == 0,
            headRate: training.head_rate == 0 ? 1 : training.head_rate,
            schedule: try Self.schedule(training),
            warmupSteps: try require(training.warmup_steps, "warmup_steps", in: 0 ... maximum),
            batchSize: try require(training.batch_size, "batch_size", in: 1 ... 1 << 20),
            averageDecay: training.average_decay,
            augmentation: try training.augmentation.map(Augmentation.init) ?? Augmentation(), seed: training.seed)
    }

    private static func loss(_ training: evicam_training) throws -> any Loss {
        guard training.label_smoothing >= 0, training.label_smoothing < 1 else {
            throw Failure.invalid("label_smoothing is \(training.label_smoothing), but must be at least 0 and below 1")
        }
        let smoothing = Double(training.label_smoothing)
        let form: EvidentialLoss.Form
        switch Int(training.loss) {
        case Int(EVICAM_LOSS_CROSS_ENTROPY): return SoftmaxCrossEntropy(smoothing: smoothing)
        case Int(EVICAM_LOSS_MSE): form = .mse
        case Int(EVICAM_LOSS_LOG): form = .log
        case Int(EVICAM_LOSS_DIGAMMA): form = .digamma
        default: throw Failure.invalid("loss is \(training.loss), but must be one of EVICAM_LOSS_...")
        }
        for (weight, name) in [(training.kl_weight, "kl_weight"), (training.rescue_weight, "rescue_weight")] {
            guard weight.isFinite, weight >= 0 else {
                throw Failure.invalid("\(name) is \(weight), but must be at least 0 and finite")
            }
        }
        let loss = EvidentialLoss(
            form: form, evidence: try evidenceFunction(training.evidence, clip: training.evidence_clip, name: "evidence"),
            klWeight: Double(training.kl_weight),
            annealingSteps: try require(training.kl_annealing_steps, "kl_annealing_steps", in: 0 ... 1 << 48),
            annealingHold: try require(training.kl_annealing_hold, "kl_annealing_hold", in: 1 ... 1 << 48),
            rescueWeight: Double(training.rescue_weight))
        let start = try require(training.cross_entropy_steps, "cross_entropy_steps", in: 0 ... 1 << 48)
        return start > 0 ? SoftmaxStart(loss, steps: start, smoothing: smoothing) : loss
    }

    private static func optimiser(_ training: evicam_training) throws -> Optimiser {
        switch Int(training.optimiser) {
        case Int(EVICAM_OPTIMISER_ADAM):
            .adam(beta1: training.beta1, beta2: training.beta2, epsilon: training.epsilon)
        case Int(EVICAM_OPTIMISER_ADAMW):
            .adamW(beta1: training.beta1, beta2: training.beta2, epsilon: training.epsilon)
        case Int(EVICAM_OPTIMISER_SGD):
            .sgd(momentum: training.momentum, nesterov: training.nesterov != 0)
        default:
            throw Failure.invalid("optimiser is \(training.optimiser), but must be one of EVICAM_OPTIMISER_...")
        }
    }

    private static func schedule(_ training: evicam_training) throws -> Schedule {
        switch Int(training.schedule) {
        case Int(EVICAM_SCHEDULE_CONSTANT):
            .constant
        case Int(EVICAM_SCHEDULE_STEP):
            .step(period: try require(training.schedule_period, "schedule_period", in: 1 ... 1 << 48),
                  decay: training.schedule_decay)
        case Int(EVICAM_SCHEDULE_COSINE):
            .cosine(total: try require(training.total_steps, "total_steps", in: 1 ... 1 << 48))
        case Int(EVICAM_SCHEDULE_ONE_CYCLE):
            .oneCycle(total: try require(training.total_steps, "total_steps", in: 1 ... 1 << 48))
        default:
            throw Failure.invalid("schedule is \(training.schedule), but must be one of EVICAM_SCHEDULE_...")
        }
    }
}

extension Augmentation {
    init(_ pointer: UnsafePointer<evicam_augmentation>) throws {
        let structure = try read(pointer, \.struct_size, name: "augmentation",
                                 first: MemoryLayout<evicam_augmentation>.size, empty: evicam_augmentation())
        let sides: ClosedRange<Int64> = 0 ... 1 << 31
        self.init(crop: try require(structure.crop, "crop", in: sides), flip: structure.flip != 0,
                  cutout: try require(structure.cutout, "cutout", in: sides), rotation: structure.rotation)
    }
}

@c @implementation
public func evicam_augment(
    _ images: UnsafePointer<evicam_images>!, _ augmentation: UnsafePointer<evicam_augmentation>!, _ seed: UInt64,
    _ epoch: Int64, _ augmented: UnsafeMutablePointer<Float>!, _ error: UnsafeMutablePointer<evicam_error>!
) -> evicam_status {
    call(error) {
        let target = try require(augmented, "augmented")
        let epoch = try require(epoch, "epoch", in: 0 ... 1 << 31)
        try Images(images).read(augmentedBy: Augmentation(require(augmentation, "augmentation")), seed: seed, epoch: epoch,
                                into: target)
    }
}
