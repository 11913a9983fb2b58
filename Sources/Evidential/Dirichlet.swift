import RealModule

/// KL(Dir(α̃) ‖ Dir(1, …, 1)): how far an opinion is from knowing nothing, and its gradient.
///
/// With T = Σ α̃_k and a_k = α̃_k − 1 (the misleading evidence),
///
///     KL = ln Γ(T) − ln Γ(K) − Σ ln Γ(α̃_k) + Σ a_k (ψ(α̃_k) − ψ(T))
///     ∂KL/∂α̃_k = a_k ψ'(α̃_k) − (T − K) ψ'(T)
///
/// The gradient of a zero a_k is exactly −(T − K) ψ'(T): other classes' evidence counts as less when this one's rises.
struct MisleadingEvidence {
    private let total: Double
    private let classes: Int
    private let digammaTotal: Double
    private let trigammaTotal: Double

    /// - Parameter sum: Σ a_k over the classes that are not the true one.
    init(sum: Double, classes: Int) {
        self.classes = classes
        total = sum + Double(classes)
        digammaTotal = SpecialFunctions.digamma(total)
        trigammaTotal = SpecialFunctions.trigamma(total)
    }

    /// What does not depend on a single class: ln Γ(T) − ln Γ(K).
    var divergenceBase: Double {
        SpecialFunctions.logGamma(total) - SpecialFunctions.logGamma(Double(classes))
    }

    /// One class's share of the KL.
    func divergence(evidence: Double) -> Double {
        evidence * (SpecialFunctions.digamma(evidence + 1) - digammaTotal) - SpecialFunctions.logGamma(evidence + 1)
    }

    /// ∂KL/∂α̃_k for one class.
    func slope(evidence: Double) -> Double {
        evidence * SpecialFunctions.trigamma(evidence + 1) - (total - Double(classes)) * trigammaTotal
    }
}
