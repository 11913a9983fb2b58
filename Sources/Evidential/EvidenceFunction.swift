import RealModule

/// How a logit z becomes evidence e ≥ 0.
public enum EvidenceFunction: Sendable, Equatable {
    /// max(z, 0). A sample whose own class is at 0 gets no gradient from the data term: training can freeze.
    case relu
    /// ln(1 + exp z).
    case softplus
    /// exp(min(z, clip)).
    case exponential(clip: Double = 10)

    /// e(z).
    func evidence(_ z: Double) -> Double {
        switch self {
        case .relu: max(z, 0)
        case .softplus: max(z, 0) + .log(onePlus: .exp(-abs(z)))
        case .exponential(let clip): .exp(min(z, clip))
        }
    }

    /// de/dz. Beyond the clip it stays at the value it has there: with 0 an overshot logit could never come back.
    func slope(_ z: Double) -> Double {
        switch self {
        case .relu: z > 0 ? 1 : 0
        case .softplus: z >= 0 ? 1 / (1 + .exp(-z)) : .exp(z) / (1 + .exp(z))
        case .exponential(let clip): .exp(min(z, clip))
        }
    }
}
