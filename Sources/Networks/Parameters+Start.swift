import Kernels

/// How the weights of each layer begin.
///
/// Uniform ±√(6 / inputs) where a ReLU follows, which keeps variance from layer to layer (He et al. 2015). Uniform ±1/√inputs
/// where batch normalisation follows, directly or after pooling: it takes any scale out again, so that the scale only says how
/// far a step turns the weights, and this is the one that learning rates of residual networks are made for (PyTorch's default).
/// Uniform ±1/√inputs in the last layer too, so that the first logits, and the evidence drawn from them, are small.
struct WeightStart {
    private let small: Set<String>

    init(_ architecture: Architecture) {
        let layers = Dictionary(uniqueKeysWithValues: architecture.layers.map { ($0.name, $0) })
        /// The layer itself, or what it pools. No recursion: a chain of poolings may be as long as the text.
        func pooled(_ name: String) -> String {
            var name = name
            while let layer = layers[name], layer.kind.pools { name = layer.inputs[0] }
            return name
        }
        let normalised = architecture.layers.filter(\.kind.isBatchNormalisation).map { pooled($0.inputs[0]) }
        small = Set(normalised).union(architecture.head.map { [$0] } ?? [])
    }

    /// - Parameter inputs: weights that each output is a sum over.
    func of(_ layer: String, inputs: Int) -> Parameter.Start {
        .uniform(((small.contains(layer) ? 1 : 6) / Float(inputs)).squareRoot())
    }
}

extension LayerKind {
    fileprivate var pools: Bool {
        switch self {
        case .maxPooling, .averagePooling: true
        default: false
        }
    }
}

extension ParameterLayout {
    /// Fills flat memory with starting values: they depend on the seed and the parameter's place only.
    func initialise(_ flat: UnsafeMutablePointer<Float>, seed: UInt64) {
        for (index, parameter) in parameters.enumerated() {
            let values = flat + parameter.offset, count = parameter.shape.count
            let random = Philox(seed: seed, purpose: .weights, index: index)
            switch parameter.start {
            case .constant(let value):
                values.update(repeating: value, count: count)
            case .uniform(let bound):
                for i in stride(from: 0, to: count, by: 4) {
                    let words = random.block(UInt64(i / 4))
                    let units = SIMD4(Philox.unit(words.x), Philox.unit(words.y), Philox.unit(words.z), Philox.unit(words.w))
                    let numbers = (2 * units - 1) * bound
                    for lane in 0 ..< min(4, count - i) { values[i + lane] = numbers[lane] }
                }
            }
        }
    }
}
