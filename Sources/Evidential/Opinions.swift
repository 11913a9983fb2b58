import RealModule

/// What Dirichlet opinions say, for batches in the caller's memory: [count, classes] arrays in, Float results out.
/// All arithmetic is done in Double.
public enum Opinions {
    /// evidence = f(logits), element by element; `count` counts elements.
    public static func evidence(_ logits: UnsafePointer<Float>, count: Int, function: EvidenceFunction,
                                into evidence: UnsafeMutablePointer<Float>) {
        for i in 0 ..< count { evidence[i] = Float(function.evidence(Double(logits[i]))) }
    }

    /// Softmax probabilities of logits.
    public static func softmax(_ logits: UnsafePointer<Float>, count: Int, classes: Int,
                               into probability: UnsafeMutablePointer<Float>) {
        withUnsafeTemporaryAllocation(of: Double.self, capacity: classes) { row in
            for i in 0 ..< count {
                _ = Evidential.softmax(logits + i * classes, classes: classes, into: row.baseAddress!)
                for k in 0 ..< classes { probability[i * classes + k] = Float(row[k]) }
            }
        }
    }

    /// Where results go; nil for what is not wanted.
    public struct Results {
        /// [count, classes]
        public var alpha, belief, probability: UnsafeMutablePointer<Float>?
        /// [count]
        public var strength, uncertainty, dissonance, entropy, mutualInformation: UnsafeMutablePointer<Float>?

        public init() {}
    }

    /// Everything that evidence [count, classes] says. See `Opinion` for the equations.
    public static func measure(_ evidence: UnsafePointer<Float>, count: Int, classes: Int, into results: Results) {
        withUnsafeTemporaryAllocation(of: Double.self, capacity: classes) { row in
            for i in 0 ..< count {
                for k in 0 ..< classes { row[k] = Double(evidence[i * classes + k]) }
                let opinion = OpinionRow(evidence: UnsafeBufferPointer(row))
                for k in 0 ..< classes {
                    results.alpha?[i * classes + k] = Float(row[k] + 1)
                    results.belief?[i * classes + k] = Float(row[k] / opinion.strength)
                    results.probability?[i * classes + k] = Float((row[k] + 1) / opinion.strength)
                }
                results.strength?[i] = Float(opinion.strength)
                results.uncertainty?[i] = Float(opinion.uncertainty)
                if let dissonance = results.dissonance { dissonance[i] = Float(opinion.dissonance) }
                if let entropy = results.entropy { entropy[i] = Float(opinion.entropy) }
                if let mutual = results.mutualInformation { mutual[i] = Float(opinion.mutualInformation) }
            }
        }
    }
}

/// One image's opinion, computed from its evidence [K].
struct OpinionRow {
    let evidence: UnsafeBufferPointer<Double>
    let strength: Double

    init(evidence: UnsafeBufferPointer<Double>) {
        self.evidence = evidence
        strength = evidence.reduce(0, +) + Double(evidence.count)
    }

    var uncertainty: Double { Double(evidence.count) / strength }

    /// Σ_k b_k · Σ_{j≠k} b_j Bal(b_j, b_k) / Σ_{j≠k} b_j with Bal(a, b) = 1 − |a − b| / (a + b), 0 where there is no
    /// belief (Jøsang, Cho & Chen, "Uncertainty characteristics of subjective opinions", FUSION 2018).
    /// Beliefs are e/S, so the ratios may be taken of the evidence; O(K²). Bal is 2 min(a, b) / (a + b), which cancels nothing.
    var dissonance: Double {
        var sum = 0.0
        for (k, own) in evidence.enumerated() where own > 0 {
            var others = 0.0, balanced = 0.0
            for (j, other) in evidence.enumerated() where j != k && other > 0 {
                others += other
                balanced += other * (2 * min(other, own) / (other + own))
            }
            if others > 0 { sum += own * (balanced / others) }
        }
        return sum / strength
    }

    /// H[p] = −Σ p_k ln p_k, nats. Where p_k is nearly 1, its logarithm is that of what the others leave of 1.
    var entropy: Double {
        var sum = 0.0
        for (k, e) in evidence.enumerated() {
            let p = (e + 1) / strength
            sum -= p * (p > 0.5 ? .log(onePlus: -rest(besides: k) / strength) : .log(p))
        }
        return sum
    }

    /// Σ_{j≠k} α_j
    private func rest(besides k: Int) -> Double {
        var sum = 0.0
        for (j, e) in evidence.enumerated() where j != k { sum += e + 1 }
        return sum
    }

    /// H[p] − E[H] > 0, nats, with E[H] = Σ p_k (ψ(S + 1) − ψ(α_k + 1)) (Malinin & Gales 2018).
    ///
    /// The logarithms in it cancel, and leave ever fewer digits the more evidence there is. Without them it is
    /// (Σ G(α_k) − G(S)) / S with G(x) = x (ψ(x + 1) − ln x), which goes from 0.42 at x = 1 to ½ at infinity.
    var mutualInformation: Double {
        (evidence.reduce(0) { $0 + Self.excess($1 + 1) } - Self.excess(strength)) / strength
    }

    /// x (ψ(x + 1) − ln x), x ≥ 1.
    private static func excess(_ x: Double) -> Double {
        guard x >= SpecialFunctions.large else { return x * (SpecialFunctions.digamma(x + 1) - .log(x)) }
        return 0.5 - x * SpecialFunctions.digammaSeries(x)
    }
}
