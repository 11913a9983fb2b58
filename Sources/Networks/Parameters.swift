import Kernels
import Tensors

/// One parameter tensor of a network.
public struct Parameter: Hashable, Sendable {
    /// "conv1.weight"
    public let name: String
    /// Convolution weights [kernel height, kernel width, input channels, output channels]; linear weights
    /// [inputs, outputs]; biases, and all of normalisation's [channels].
    public let shape: Shape
    /// Whether gradients change it; false for running statistics, which follow the batches'.
    public let isTrained: Bool
    /// Where it lies in the network's flat memory, in floats.
    let offset: Int
}

/// A network's parameters and their places in one flat stretch of memory, so that an optimiser passes over it once.
public struct ParameterLayout: Hashable, Sendable {
    public let parameters: [Parameter]
    /// Floats of the flat memory, gaps between tensors included. Gaps hold zeros.
    let flatCount: Int
    /// Floats of all parameters together.
    public let count: Int

    init(architecture: Architecture, shapes: [MapShape], image: MapShape) {
        var inputs: [String: MapShape] = [Architecture.image: image]
        var parameters: [Parameter] = []
        var offset = 0
        func add(_ name: String, _ shape: Shape, isTrained: Bool = true) {
            parameters.append(Parameter(name: name, shape: shape, isTrained: isTrained, offset: offset))
            offset += Arena.rounded(shape.count)
        }
        for (layer, shape) in zip(architecture.layers, shapes) {
            let input = inputs[layer.inputs[0]]!
            switch layer.kind {
            case .convolution(let channels, let kernel, _, _, _, let bias):
                add("\(layer.name).weight", [kernel.height, kernel.width, input.channels, channels])
                if bias { add("\(layer.name).bias", [channels]) }
            case .linear(let features, let bias):
                add("\(layer.name).weight", [input.channels, features])
                if bias { add("\(layer.name).bias", [features]) }
            case .batchNormalisation:
                add("\(layer.name).weight", [shape.channels])
                add("\(layer.name).bias", [shape.channels])
                add("\(layer.name).running_mean", [shape.channels], isTrained: false)
                add("\(layer.name).running_var", [shape.channels], isTrained: false)
            default:
                break
            }
            inputs[layer.name] = shape
        }
        self.parameters = parameters
        flatCount = offset
        count = parameters.reduce(0) { $0 + $1.shape.count }
    }

    /// Floats of `layer` that are trained.
    public func count(of layer: String) -> Int {
        parameters.reduce(0) { $0 + ($1.name == "\(layer).weight" || $1.name == "\(layer).bias" ? $1.shape.count : 0) }
    }

    func parameter(_ name: String) -> Parameter? { parameters.first { $0.name == name } }

    /// Copies the flat memory out without its gaps: the parameters one after another.
    func gather(_ flat: UnsafePointer<Float>, into values: UnsafeMutablePointer<Float>) {
        var target = values
        for parameter in parameters {
            target.update(from: flat + parameter.offset, count: parameter.shape.count)
            target += parameter.shape.count
        }
    }

    /// The opposite of `gather`.
    func scatter(_ values: UnsafePointer<Float>, into flat: UnsafeMutablePointer<Float>) {
        var source = values
        for parameter in parameters {
            (flat + parameter.offset).update(from: source, count: parameter.shape.count)
            source += parameter.shape.count
        }
    }

    /// Draws starting weights: He's uniform distribution (He et al. 2015), ±√(6 / inputs), where variance should be kept
    /// through ReLUs; ±1/√inputs in the last layer, so that the first logits, and the evidence drawn from them, are
    /// small. Biases are 0, normalisation begins as (x − 0) / √(1 + ε). The numbers depend on the seed and the parameter's
    /// place only.
    func initialise(_ flat: UnsafeMutablePointer<Float>, seed: UInt64) {
        for parameter in parameters where parameter.shape.rank == 1 && !parameter.name.hasSuffix("bias")
            && !parameter.name.hasSuffix("running_mean") {
            (flat + parameter.offset).update(repeating: 1, count: parameter.shape.count)
        }
        let lastWeight = parameters.last { $0.shape.rank > 1 }
        for (index, parameter) in parameters.enumerated() where parameter.shape.rank > 1 {
            let count = parameter.shape.count
            let inputs = Float(count / parameter.shape[parameter.shape.rank - 1])
            let bound = parameter == lastWeight ? 1 / inputs.squareRoot() : (6 / inputs).squareRoot()
            let random = Philox(seed: seed, purpose: .weights, index: index)
            let weights = flat + parameter.offset
            for i in stride(from: 0, to: count, by: 4) {
                let words = random.block(UInt64(i / 4))
                for lane in 0 ..< min(4, count - i) { weights[i + lane] = (2 * Philox.unit(words[lane]) - 1) * bound }
            }
        }
    }
}
