import RealModule

/// A number that a classifier's logits say about an image: what an explanation explains.
///
/// Values and their gradients with respect to the logits z are closed formulas, computed in `Double`. With e = f(z),
/// α = e + 1 and S = Σ α (see `Opinion`); f' is `EvidenceFunction.slope`, which beyond the clip of the exponential is the
/// slope at the clip, as in training.
public enum Quantity: Sendable, Equatable {
    /// z_k of a class k.
    case logit
    /// e_k of a class k.
    case evidence(EvidenceFunction)
    /// b_k = e_k / S of a class k.
    case belief(EvidenceFunction)
    /// p_k = α_k / S of a class k.
    case probability(EvidenceFunction)
    /// softmax(z)_k of a class k.
    case softmax
    /// u = K / S.
    case uncertainty(EvidenceFunction)
    /// Conflict between beliefs (Jøsang, Cho & Chen 2018).
    case dissonance(EvidenceFunction)
    /// S, the total evidence plus K.
    case strength(EvidenceFunction)

    /// Whether it belongs to one class.
    public var isOfClass: Bool {
        switch self {
        case .logit, .evidence, .belief, .probability, .softmax: true
        case .uncertainty, .dissonance, .strength: false
        }
    }

    /// The quantity of one image, and its gradient.
    ///
    /// - Parameters:
    ///   - logits: [classes].
    ///   - label: the class, for those that belong to one; otherwise not read.
    ///   - gradient: [classes], receives ∂value/∂z; nil when not wanted.
    public func evaluate(_ logits: UnsafePointer<Float>, classes: Int, label: Int,
                         gradient: UnsafeMutablePointer<Double>? = nil) -> Double {
        if self == .logit {
            gradient?.update(repeating: 0, count: classes)
            gradient?[label] = 1
            return Double(logits[label])
        }
        return withUnsafeTemporaryAllocation(of: Double.self, capacity: classes) { row in
            guard let function = evidenceFunction else {
                _ = Evidential.softmax(logits, classes: classes, into: row.baseAddress!)
                let p = row[label]
                if let gradient {
                    for k in 0 ..< classes { gradient[k] = p * ((k == label ? 1 : 0) - row[k]) }
                }
                return p
            }
            for k in 0 ..< classes { row[k] = function.evidence(Double(logits[k])) }
            let opinion = OpinionRow(evidence: UnsafeBufferPointer(row))
            guard let gradient else { return value(of: opinion, label: label) }
            let value = slopes(of: opinion, label: label, into: gradient)
            for k in 0 ..< classes { gradient[k] *= function.slope(Double(logits[k])) }
            return value
        }
    }

    /// Replaces numbers by their softmax.
    public static func softmax(_ values: inout [Double]) {
        let largest = values.max() ?? 0
        for i in values.indices { values[i] = .exp(values[i] - largest) }
        let sum = values.reduce(0, +)
        for i in values.indices { values[i] /= sum }
    }

    private var evidenceFunction: EvidenceFunction? {
        switch self {
        case .logit, .softmax: nil
        case .evidence(let function), .belief(let function), .probability(let function), .uncertainty(let function),
             .dissonance(let function), .strength(let function): function
        }
    }

    private func value(of opinion: OpinionRow, label: Int) -> Double {
        switch self {
        case .logit, .softmax: preconditionFailure("\(self) is no opinion's")
        case .evidence: opinion.evidence[label]
        case .belief: opinion.evidence[label] / opinion.strength
        case .probability: (opinion.evidence[label] + 1) / opinion.strength
        case .uncertainty: opinion.uncertainty
        case .dissonance: opinion.dissonance
        case .strength: opinion.strength
        }
    }

    /// ∂value/∂e [classes]. A share q = a/S changes by (∂a/∂e_k − q)/S. Returns the value.
    private func slopes(of opinion: OpinionRow, label: Int, into slopes: UnsafeMutablePointer<Double>) -> Double {
        let classes = opinion.evidence.count, value = value(of: opinion, label: label)
        switch self {
        case .logit, .softmax: preconditionFailure("\(self) is no opinion's")
        case .evidence:
            for k in 0 ..< classes { slopes[k] = k == label ? 1 : 0 }
        case .strength:
            for k in 0 ..< classes { slopes[k] = 1 }
        case .belief, .probability:
            for k in 0 ..< classes { slopes[k] = ((k == label ? 1 : 0) - value) / opinion.strength }
        case .uncertainty:
            for k in 0 ..< classes { slopes[k] = -value / opinion.strength }
        case .dissonance:
            opinion.conflictSlopes(into: slopes)
            for k in 0 ..< classes { slopes[k] = (slopes[k] - value) / opinion.strength }
        }
        return value
    }
}

extension OpinionRow {
    /// ∂F/∂e [K] of the conflict F = S · dissonance = Σ_k e_k B_k / O_k, where O_k = Σ_{j≠k} e_j and
    /// B_k = Σ_{j≠k} g(e_j, e_k), g(a, b) = a Bal(a, b) = 2 a min(a, b) / (a + b):
    ///
    ///     ∂F/∂e_m = B_m/O_m + e_m/O_m Σ_{j≠m} ∂g(e_j, e_m)/∂b + Σ_{k≠m} e_k/O_k (∂g(e_m, e_k)/∂a − B_k/O_k)
    ///
    /// g has a kink at a = b, where the mean of its two slopes is taken. Classes without evidence take no part. O(K²).
    func conflictSlopes(into slopes: UnsafeMutablePointer<Double>) {
        let classes = evidence.count
        slopes.update(repeating: 0, count: classes)
        for k in 0 ..< classes where evidence[k] > 0 {
            let own = evidence[k]
            var others = 0.0, balanced = 0.0
            for j in 0 ..< classes where j != k && evidence[j] > 0 {
                others += evidence[j]
                balanced += Self.balance(evidence[j], own).value
            }
            guard others > 0 else { continue }
            slopes[k] += balanced / others
            for j in 0 ..< classes where j != k {
                let balance = Self.balance(evidence[j], own)
                slopes[k] += own / others * balance.ofOwn
                slopes[j] += own / others * (balance.ofOther - balanced / others)
            }
        }
    }

    /// g(a, b) and its slopes, for b > 0. Written with the share s = a/(a + b), so that nothing overflows.
    private static func balance(_ a: Double, _ b: Double) -> (value: Double, ofOther: Double, ofOwn: Double) {
        let s = a / (a + b), t = b / (a + b)
        let below = (ofOther: 2 * s * (1 + t), ofOwn: -2 * s * s), above = (ofOther: 2 * t * t, ofOwn: 2 * s * s)
        if a < b { return (2 * a * s, below.ofOther, below.ofOwn) }
        if a > b { return (2 * a * t, above.ofOther, above.ofOwn) }
        return (a, (below.ofOther + above.ofOther) / 2, (below.ofOwn + above.ofOwn) / 2)
    }
}
