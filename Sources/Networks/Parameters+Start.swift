import Kernels

/// How the weights of each layer begin (He et al. 2015), so that variance is kept.
///
/// Uniform ±√(6 / inputs) where a ReLU follows: kept from layer to layer on the way forward. Normal of variance 2 / outputs,
/// as in torchvision's ResNets, where batch normalisation follows, which takes any scale out again: kept on the way back.
/// Uniform ±1/√inputs in the last layer, so that the first logits, and the evidence drawn from them, are small.
struct WeightStart {
    private let last: String?
    private let normalised: Set<String>

    init(_ architecture: Architecture) {
        last = architecture.layers.last(where: \.kind.hasWeights)?.name
        normalised = Set(architecture.layers.flatMap { layer -> [String] in
            if case .batchNormalisation = layer.kind { layer.inputs } else { [] }
        })
    }

    /// - Parameters:
    ///   - inputs: weights that each output is a sum over.
    ///   - outputs: weights that each input meets.
    func of(_ layer: String, inputs: Int, outputs: Int) -> Parameter.Start {
        if layer == last { return .uniform(1 / Float(inputs).squareRoot()) }
        return normalised.contains(layer) ? .normal((2 / Float(outputs)).squareRoot()) : .uniform((6 / Float(inputs)).squareRoot())
    }
}

extension LayerKind {
    fileprivate var hasWeights: Bool {
        switch self {
        case .convolution, .linear: true
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
                fill(values, count) { words in
                    (2 * SIMD4(Philox.unit(words.x), Philox.unit(words.y), Philox.unit(words.z), Philox.unit(words.w)) - 1) * bound
                }
            case .normal(let deviation):
                fill(values, count) { Philox.normals($0) * deviation }
            }
            func fill(_ values: UnsafeMutablePointer<Float>, _ count: Int, _ draw: (SIMD4<UInt32>) -> SIMD4<Float>) {
                for i in stride(from: 0, to: count, by: 4) {
                    let numbers = draw(random.block(UInt64(i / 4)))
                    for lane in 0 ..< min(4, count - i) { values[i + lane] = numbers[lane] }
                }
            }
        }
    }
}
