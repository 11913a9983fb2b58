import RealModule

/// KL(Dir(α̃) ‖ Dir(1, …, 1)): how far an opinion is from knowing nothing, and its gradient.
///
/// With the misleading evidence e_k = α̃_k − 1, its sum A and T = A + K,
///
///     KL = ln Γ(T) − ln Γ(K) − A ψ(T) + Σ e_k ψ(e_k + 1) − ln Γ(e_k + 1)
///     ∂KL/∂e_k = e_k ψ'(e_k + 1) − A ψ'(T)
///
/// The gradient of a zero e_k is exactly −A ψ'(T): other classes' evidence counts as less when this one's rises.
///
/// Evidence may reach e^80, and both lines are small differences of large terms: those of KL grow as e ln e and leave K ln e,
/// those of the gradient are 1 and leave 1/e, which the way back multiplies by e again. Written so, nothing would be left of
/// them beyond 2^53. So what cancels is taken out beforehand. With F(e) = 1 − e ψ'(e + 1), D(e) = e ψ(e + 1) − ln Γ(e + 1) − e
/// and B what KL has besides,
///
///     KL = B + Σ D(e_k),   ∂KL/∂e_k = (1 − A ψ'(T)) − F(e_k)
///
/// and for large arguments the series of ln Γ, ψ and ψ' leave, with S₀, S₁, S₂ the sums of `SpecialFunctions` for each,
///
///     D(e) = ½ − ½ ln 2πe − e S₁(e) − S₀(e)
///     F(e) = 1/(2e) − S₂(e)
///     B = (K − ½) ln(1 + A/K) + A/(2T) + S₀(T) + A S₁(T) − (ln Γ(K) − (K − ½) ln K + K − ½ ln 2π)
///     1 − A ψ'(T) = K/T − A/T · (1/(2T) + S₂(T))
struct MisleadingEvidence {
    /// B.
    let divergenceBase: Double
    /// 1 − A ψ'(T).
    private let slopeBase: Double

    /// - Parameter sum: A = Σ e_k over the classes that are not the true one, added up without the true one's.
    init(sum: Double, classes: Int) {
        let k = Double(classes), total = sum + k
        guard total >= SpecialFunctions.large else {
            divergenceBase = SpecialFunctions.logGamma(total) - SpecialFunctions.logGamma(k)
                - sum * SpecialFunctions.digamma(total) + sum
            slopeBase = 1 - sum * SpecialFunctions.trigamma(total)
            return
        }
        let share = sum / total
        divergenceBase = (k - 0.5) * .log(onePlus: sum / k) + share / 2 + SpecialFunctions.logGammaSeries(total)
            + sum * SpecialFunctions.digammaSeries(total) - Self.beyondStirling(k)
        slopeBase = k / total - share * (0.5 / total + SpecialFunctions.trigammaSeries(total))
    }

    /// One class's share of the KL, D(e).
    func divergence(evidence e: Double) -> Double {
        guard e >= SpecialFunctions.large else {
            return e * (SpecialFunctions.digamma(e + 1) - 1) - SpecialFunctions.logGamma(e + 1)
        }
        return 0.5 - 0.5 * .log(2 * .pi * e) - e * SpecialFunctions.digammaSeries(e) - SpecialFunctions.logGammaSeries(e)
    }

    /// ∂KL/∂e_k for one class.
    func slope(evidence e: Double) -> Double {
        guard e >= SpecialFunctions.large else { return slopeBase - (1 - e * SpecialFunctions.trigamma(e + 1)) }
        return slopeBase - (0.5 / e - SpecialFunctions.trigammaSeries(e))
    }

    /// ln Γ(x) − (x − ½) ln x + x − ½ ln 2π, for any x > 0.
    private static func beyondStirling(_ x: Double) -> Double {
        guard x < SpecialFunctions.large else { return SpecialFunctions.logGammaSeries(x) }
        return SpecialFunctions.logGamma(x) - (x - 0.5) * .log(x) + x - 0.5 * .log(2 * .pi)
    }
}
