import RealModule
#if canImport(Glibc)
import Glibc
#elseif canImport(Darwin)
import Darwin
#endif

/// Functions of the Dirichlet distribution that the platform's library lacks, for positive arguments.
///
/// Goals, in order: never NaN or infinite for a positive finite argument; a few ulps of relative error; speed.
/// Small arguments are first raised by the recurrence, then the asymptotic series in 1/x² applies
/// (Abramowitz & Stegun 6.1.40, 6.3.18 and 6.4.12). At x ≥ 10 the first term left out is below 1e-15 of the result.
enum SpecialFunctions {
    /// From where on the series apply.
    static let large = 10.0

    /// ψ(x) = d/dx ln Γ(x), x > 0; absolute error near 1e-15 about its zero at 1.4616…
    static func digamma(_ x: Double) -> Double {
        var x = x, sum = 0.0
        while x < large { // ψ(x) = ψ(x + 1) − 1/x
            sum -= 1 / x
            x += 1
        }
        let r = 1 / x
        return sum + .log(x) - r / 2 - digammaSeries(x)
    }

    /// ψ'(x), x > 0.
    static func trigamma(_ x: Double) -> Double {
        var x = x, sum = 0.0
        while x < large { // ψ'(x) = ψ'(x + 1) + 1/x²
            sum += 1 / (x * x)
            x += 1
        }
        let r = 1 / x
        return sum + r + r * r / 2 + r * trigammaSeries(x)
    }

    /// ln Γ(x), x > 0. The platform's own, which takes no global sign.
    static func logGamma(_ x: Double) -> Double {
        var sign: Int32 = 0
        return lgamma_r(x, &sign)
    }

    // What the functions are besides their large terms, x ≥ `large`: callers in whom those cancel take it alone.

    /// Σ B_2n / (2n x^2n) = ln x − 1/(2x) − ψ(x).
    static func digammaSeries(_ x: Double) -> Double {
        let r = 1 / x, r2 = r * r
        return r2 * (1.0 / 12 - r2 * (1.0 / 120 - r2 * (1.0 / 252 - r2 * (1.0 / 240
            - r2 * (1.0 / 132 - r2 * (691.0 / 32760 - r2 / 12))))))
    }

    /// Σ B_2n / x^2n = x ψ'(x) − 1 − 1/(2x).
    static func trigammaSeries(_ x: Double) -> Double {
        let r = 1 / x, r2 = r * r
        return r2 * (1.0 / 6 - r2 * (1.0 / 30 - r2 * (1.0 / 42 - r2 * (1.0 / 30
            - r2 * (5.0 / 66 - r2 * (691.0 / 2730 - r2 * (7.0 / 6)))))))
    }

    /// Σ B_2n / (2n (2n − 1) x^(2n − 1)) = ln Γ(x) − (x − ½) ln x + x − ½ ln 2π.
    static func logGammaSeries(_ x: Double) -> Double {
        let r = 1 / x, r2 = r * r
        return r * (1.0 / 12 - r2 * (1.0 / 360 - r2 * (1.0 / 1260 - r2 * (1.0 / 1680
            - r2 * (1.0 / 1188 - r2 * (691.0 / 360360 - r2 / 156))))))
    }
}
