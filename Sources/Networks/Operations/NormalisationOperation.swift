import Kernels

/// Batch normalisation where it was not folded into the convolution before it, with the residual that is added and the
/// ReLU after it where those were fused.
final class NormalisationOperation: Operation {
    private let input: Value
    private let residual: Value?
    private let output: Value
    private let parameters: Parameters
    private let settings: Settings
    private let memory: ChannelMemory

    /// [C] each; gradients only while training.
    struct Parameters {
        let weight: UnsafePointer<Float>
        let bias: UnsafePointer<Float>
        let runningMean: UnsafeMutablePointer<Float>
        let runningVariance: UnsafeMutablePointer<Float>
        let weightGradient: UnsafeMutablePointer<Float>?
        let biasGradient: UnsafeMutablePointer<Float>?
    }

    struct Settings {
        let epsilon: Float
        let momentum: Float
        let relu: Bool
        /// Whether the batch's statistics are used, and followed by the running ones.
        let byBatch: Bool
        /// Whether the input's and the residual's gradients are first written here, so that they need not be cleared and
        /// added to.
        let overwrites: Bool
        let overwritesResidual: Bool
    }

    init(input: Value, residual: Value?, output: Value, parameters: Parameters, settings: Settings, memory: ChannelMemory) {
        self.input = input
        self.residual = residual
        self.output = output
        self.parameters = parameters
        self.settings = settings
        self.memory = memory
    }

    /// By the output's shape: the input may be a map that is read in place as if it were flattened.
    private func rows(_ pass: Pass) -> ChannelRows {
        let shape = output.shape
        return ChannelRows(images: pass.images, rows: shape.height, columns: shape.width, channels: shape.channels)
    }

    private func statistics(_ pass: Pass) -> BatchStatistics {
        BatchStatistics(rows: rows(pass), input: input.activationMemory, memory: memory)
    }

    override func forward(_ pass: Pass) {
        if settings.byBatch {
            let statistics = statistics(pass)
            pass.pool.run(statistics)
            statistics.finish(weight: parameters.weight, bias: parameters.bias, epsilon: settings.epsilon)
        } else {
            memory.use(mean: parameters.runningMean, variance: parameters.runningVariance, weight: parameters.weight,
                       bias: parameters.bias, epsilon: settings.epsilon)
        }
        pass.pool.run(Normalise(rows: rows(pass), memory: memory, input: input.activationMemory,
                                residual: residual?.activationMemory, output: output.activationMemory, relu: settings.relu))
    }

    override func backward(_ pass: Pass) {
        guard let outputGradient = output.gradientMemory else { return }
        let maps = NormalisedMaps(
            rows: rows(pass), memory: memory, input: input.activationMemory, output: output.activationMemory,
            outputGradient: outputGradient, relu: settings.relu, hasResidual: residual != nil)
        if settings.byBatch, let weightGradient = parameters.weightGradient, let biasGradient = parameters.biasGradient {
            let sums = NormalisationSums(maps: maps)
            pass.pool.run(sums)
            sums.finish(weightGradient: weightGradient, biasGradient: biasGradient)
            // Not on the way forward: a step whose loss is not finite must leave no trace.
            statistics(pass).follow(runningMean: parameters.runningMean, runningVariance: parameters.runningVariance,
                                    momentum: settings.momentum)
        }
        pass.pool.run(NormaliseGradient(maps: maps, byBatch: settings.byBatch, inputGradient: input.gradientMemory,
                                        overwrites: settings.overwrites, residualGradient: residual?.gradientMemory,
                                        overwritesResidual: settings.overwritesResidual))
    }
}

extension Value {
    fileprivate var activationMemory: MapMemory {
        MapMemory(base: activations + interior, rowStep: rowStep, imageStep: imageStep)
    }

    fileprivate var gradientMemory: MapMemory? {
        gradient.map { MapMemory(base: $0 + interior, rowStep: rowStep, imageStep: imageStep) }
    }
}

/// Batch normalisation by running statistics, as part of the weights of the layer before it.
struct FoldedNormalisation {
    let parameters: NormalisationOperation.Parameters
    let epsilon: Float
    let memory: ChannelMemory
    /// The layer's own weights and bias, and where they are put together with the normalisation.
    let weight: UnsafePointer<Float>
    let weightCount: Int
    let bias: UnsafePointer<Float>?
    let foldedWeight: UnsafeMutablePointer<Float>
    let foldedBias: UnsafeMutablePointer<Float>

    func fold() {
        memory.use(mean: parameters.runningMean, variance: parameters.runningVariance, weight: parameters.weight,
                   bias: parameters.bias, epsilon: epsilon)
        memory.fold(weights: weight, count: weightCount, bias: bias, into: foldedWeight, foldedBias: foldedBias)
    }
}
