import Kernels
import Networks
import Tensors

/// An architecture run layer by layer with the plain reference implementations, in Double: what compiled plans must agree
/// with, and what finite differences are taken of.
struct ReferenceNetwork {
    typealias Values = ReferenceImages<Double>

    let architecture: Architecture
    /// By name, in the engine's layout.
    var parameters: [String: [Double]] = [:]
    /// Seed of the masks of dropout's first step; nil for inference, where normalisation goes by running statistics.
    var dropoutSeed: UInt64?

    /// The architecture and weights of a network.
    init(_ network: Network, dropoutSeed: UInt64? = nil) {
        architecture = network.architecture
        self.dropoutSeed = dropoutSeed
        for (index, parameter) in network.layout.parameters.enumerated() {
            parameters[parameter.name] = network.parameter(index).elements.map(Double.init)
        }
    }

    /// Every layer's output, and the image.
    /// - Parameter replaced: outputs to use in place of what the layers of these names compute.
    func run(_ images: Values, replacing replaced: [String: Values] = [:]) -> [String: Values] {
        var values = [Architecture.image: replaced[Architecture.image] ?? images]
        for (index, layer) in architecture.layers.enumerated() {
            let inputs = layer.inputs.map { values[$0]! }
            values[layer.name] = replaced[layer.name] ?? output(of: layer, index: index, inputs)
        }
        return values
    }

    /// Logits [count · classes].
    func logits(_ images: Values, replacing replaced: [String: Values] = [:]) -> [Double] {
        run(images, replacing: replaced)[architecture.layers.last!.name]!.values
    }

    private func output(of layer: Layer, index: Int, _ inputs: [Values]) -> Values {
        let x = inputs[0]
        func own(_ part: String) -> [Double]? { parameters["\(layer.name).\(part)"] }
        switch layer.kind {
        case .convolution(let channels, let kernel, let stride, let padding, let dilation, _):
            return Reference.convolution(
                x, weights: own("weight")!, bias: own("bias"), outputs: channels,
                window: ReferenceWindow(kernel: kernel.pair, stride: stride.pair, padding: padding.pair, dilation: dilation.pair))
        case .maxPooling(let kernel, let stride, let padding):
            return Reference.maxPooling(x, window: ReferenceWindow(kernel: kernel.pair, stride: stride.pair, padding: padding.pair))
        case .averagePooling(let kernel, let stride, let padding):
            return Reference.averagePooling(
                x, window: ReferenceWindow(kernel: kernel.pair, stride: stride.pair, padding: padding.pair))
        case .globalAveragePooling:
            return Reference.averagePooling(x, window: ReferenceWindow(kernel: (x.height, x.width)))
        case .linear(let features, _):
            // A convolution whose kernel is the whole (flattened) image.
            return Reference.convolution(flat(x), weights: own("weight")!, bias: own("bias"), outputs: features,
                                         window: ReferenceWindow(kernel: (1, 1)))
        case .batchNormalisation(let epsilon, _):
            let gamma = own("weight")!, beta = own("bias")!
            let (mean, variance) = dropoutSeed != nil ? Reference.channelStatistics(x)
                : (own("running_mean")!, own("running_var")!)
            return mapped(x) { i, value in
                let c = i % x.channels
                return gamma[c] * (value - mean[c]) / (variance[c] + epsilon).squareRoot() + beta[c]
            }
        case .relu:
            return mapped(x) { _, value in max(value, 0) }
        case .dropout(let rate):
            guard let dropoutSeed, rate > 0 else { return x }
            let random = Philox(seed: dropoutSeed, purpose: .dropout, index: index)
            return mapped(x) { i, value in
                Philox.unit(random.block(UInt64(i / 4))[i % 4]) < Float(rate) ? 0 : value / (1 - rate)
            }
        case .flatten:
            return flat(x)
        case .add:
            return mapped(x) { i, _ in inputs.reduce(0) { $0 + $1.values[i] } }
        }
    }

    private func flat(_ x: Values) -> Values {
        Values(count: x.count, height: 1, width: 1, channels: x.height * x.width * x.channels, values: x.values)
    }

    private func mapped(_ x: Values, _ body: (Int, Double) -> Double) -> Values {
        Values(count: x.count, height: x.height, width: x.width, channels: x.channels,
               values: x.values.enumerated().map(body))
    }
}

extension Size {
    fileprivate var pair: (height: Int, width: Int) { (height, width) }
}

extension ReferenceImages<Double> {
    /// Images [N, H, W, C].
    init(_ images: Tensor<Float>) {
        let shape = images.shape.extents
        self.init(count: shape[0], height: shape[1], width: shape[2], channels: shape[3], values: images.elements.map(Double.init))
    }
}

/// (f(x + h e_i) − f(x − h e_i)) / 2h for elements `indices` of x; nil at a kink, where the slopes on the two sides
/// differ: at two equal maxima of a pooling window, or a ReLU's 0.
func centralDifferences(of values: [Double], at indices: [Int], step: Double = 2e-7,
                        _ function: ([Double]) -> Double) -> [Double?] {
    let here = function(values)
    return indices.map { i in
        var moved = values
        moved[i] = values[i] + step
        let above = function(moved)
        moved[i] = values[i] - step
        let below = function(moved)
        let right = (above - here) / step, left = (here - below) / step
        return abs(right - left) <= 1e-3 * max(1e-3, abs(right), abs(left)) ? (above - below) / (2 * step) : nil
    }
}

/// `count` indices below `limit`, spread evenly, first and last among them; all of them when there are no more.
func spread(_ count: Int, below limit: Int) -> [Int] {
    limit <= count ? Array(0 ..< limit) : (0 ..< count).map { $0 * (limit - 1) / (count - 1) }
}
