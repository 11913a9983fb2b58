/// A subjective opinion on K classes (Jøsang, "Subjective Logic", 2016), given by its evidence.
///
/// With α_k = e_k + 1 and S = Σ α_k: belief b_k = e_k / S, uncertainty u = K / S, expected probability p_k = α_k / S,
/// and u + Σ b_k = 1.
public struct Opinion: Sendable, Equatable {
    /// [K] e_k ≥ 0
    public let evidence: [Double]

    /// - Precondition: at least two classes; evidence is finite and not negative.
    public init(evidence: [Double]) {
        precondition(evidence.count >= 2, "an opinion needs at least two classes")
        precondition(evidence.allSatisfy { $0 >= 0 && $0.isFinite }, "evidence must be finite and at least 0")
        self.evidence = evidence
    }

    private func row<Result>(_ body: (OpinionRow) -> Result) -> Result {
        evidence.withUnsafeBufferPointer { body(OpinionRow(evidence: $0)) }
    }

    /// α [K]
    public var alpha: [Double] { evidence.map { $0 + 1 } }
    /// S
    public var strength: Double { row(\.strength) }
    /// b [K]
    public var belief: [Double] { let s = strength; return evidence.map { $0 / s } }
    /// p [K]
    public var probability: [Double] { let s = strength; return evidence.map { ($0 + 1) / s } }
    /// u, 0 ... 1
    public var uncertainty: Double { row(\.uncertainty) }
    /// Conflict between beliefs, 0 ... 1
    public var dissonance: Double { row(\.dissonance) }
    /// Entropy of p, nats
    public var entropy: Double { row(\.entropy) }
    /// Entropy of p minus the expected entropy under the Dirichlet, nats
    public var mutualInformation: Double { row(\.mutualInformation) }
}
