import Kernels
import Tensors

/// One parameter tensor of a network.
public struct Parameter: Hashable, Sendable {
    /// "conv1.weight"
    public let name: String
    /// "conv1"
    let layer: String
    /// Convolution weights [kernel height, kernel width, input channels, output channels]; linear weights
    /// [inputs, outputs]; biases, and all of normalisation's [channels].
    public let shape: Shape
    /// Whether gradients change it; false for running statistics, which follow the batches'.
    public let isTrained: Bool
    /// The least value it may hold: 0 for variances.
    let least: Float
    /// What it holds before training.
    let start: Start
    /// Where it lies in the network's flat memory, in floats.
    let offset: Int

    /// How starting values are drawn.
    enum Start: Hashable, Sendable {
        case constant(Float)
        /// Uniform within ± the bound.
        case uniform(Float)
    }
}

/// A network's parameters and their places in one flat stretch of memory, so that an optimiser passes over it once.
public struct ParameterLayout: Hashable, Sendable {
    public let parameters: [Parameter]
    /// Floats of the flat memory, gaps between tensors included. Gaps hold zeros.
    let flatCount: Int
    /// Floats of all parameters together.
    public let count: Int

    /// - Throws: `NetworkError.outOfMemory` where no memory could hold them.
    init(architecture: Architecture, shapes: [MapShape], image: MapShape) throws {
        var inputs: [String: MapShape] = [Architecture.image: image]
        var parameters: [Parameter] = []
        var offset = 0
        func add(_ layer: Layer, _ name: String, _ extents: [Int], _ start: Parameter.Start = .constant(0),
                 isTrained: Bool = true, least: Float = -.infinity) throws {
            guard let shape = Shape(checking: extents), shape.count <= Self.largestCount - offset else {
                throw NetworkError.outOfMemory(bytes: .max)
            }
            parameters.append(Parameter(name: "\(layer.name).\(name)", layer: layer.name, shape: shape, isTrained: isTrained,
                                        least: least, start: start, offset: offset))
            offset += Arena.rounded(shape.count)
        }
        let start = WeightStart(architecture)
        for (layer, shape) in zip(architecture.layers, shapes) {
            let input = inputs[layer.inputs[0]]!
            switch layer.kind {
            case .convolution(let channels, let kernel, _, _, _, let bias):
                try add(layer, "weight", [kernel.height, kernel.width, input.channels, channels],
                        start.of(layer.name, inputs: kernel.height * kernel.width * input.channels))
                if bias { try add(layer, "bias", [channels]) }
            case .linear(let features, let bias):
                try add(layer, "weight", [input.channels, features], start.of(layer.name, inputs: input.channels))
                if bias { try add(layer, "bias", [features]) }
            case .batchNormalisation:
                try add(layer, "weight", [shape.channels], .constant(1))
                try add(layer, "bias", [shape.channels])
                try add(layer, "running_mean", [shape.channels], isTrained: false)
                try add(layer, "running_var", [shape.channels], .constant(1), isTrained: false, least: 0)
            default:
                break
            }
            inputs[layer.name] = shape
        }
        self.parameters = parameters
        flatCount = offset
        count = parameters.reduce(0) { $0 + $1.shape.count }
    }

    /// Floats of all parameters, at most: sixteen bytes for each can still be counted.
    private static let largestCount = Int.max / 16

    /// Floats of `layer` that are trained.
    public func count(of layer: String) -> Int {
        parameters.reduce(0) { $0 + ($1.layer == layer && $1.isTrained ? $1.shape.count : 0) }
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
}
