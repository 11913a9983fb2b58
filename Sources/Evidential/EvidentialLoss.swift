import Networks
import RealModule

/// The losses of Sensoy, Kaplan & Kandemir, "Evidential deep learning to quantify classification uncertainty",
/// NeurIPS 2018: a term that fits the Dirichlet Dir(α) to the label, and one that draws misleading evidence to zero.
public struct EvidentialLoss: Loss, Equatable {
    /// The term that fits. y is the one-hot label, p = α/S the expected probability.
    public enum Form: Sendable, CaseIterable {
        /// Expected squared error (eq. 5): Σ_k (y_k − p_k)² + p_k (1 − p_k) / (S + 1).
        case mse
        /// Negative logarithm of the marginal likelihood (eq. 3): ln S − ln α_y.
        case log
        /// Expected cross-entropy (eq. 4): ψ(S) − ψ(α_y).
        case digamma
    }

    public var form: Form
    public var evidence: EvidenceFunction
    /// Weight of KL(Dir(α̃) ‖ Dir(1)) once annealed, α̃ = y + (1 − y) ⊙ α.
    public var klWeight: Double
    /// Steps over which the weight grows linearly to `klWeight`; 0: at once.
    public var annealingSteps: Int
    /// Steps for which the growing weight keeps one value. 1 is smooth; the steps of an epoch, with `annealingSteps` ten
    /// times as many, is the authors' min(1, epoch / 10).
    public var annealingHold: Int
    /// Weight of −u·z_y, with u held constant (Pandey & Yu, "Learn to accumulate evidence from all training samples",
    /// ICML 2023): where nothing is known, it pushes the own class's logit up, even where ReLU evidence has no slope.
    public var rescueWeight: Double

    public init(form: Form = .mse, evidence: EvidenceFunction = .exponential(), klWeight: Double = 0.1,
                annealingSteps: Int = 0, annealingHold: Int = 1, rescueWeight: Double = 0) {
        self.form = form
        self.evidence = evidence
        self.klWeight = klWeight
        self.annealingSteps = annealingSteps
        self.annealingHold = annealingHold
        self.rescueWeight = rescueWeight
    }

    /// Weight of the KL term at step number `step` = 0, 1, 2, …
    public func klWeight(step: Int) -> Double {
        guard annealingSteps > 0 else { return klWeight }
        let hold = max(1, annealingHold)
        return klWeight * min(1, Double(step / hold * hold) / Double(annealingSteps))
    }

    public func evaluate(
        logits: UnsafePointer<Float>, labels: UnsafePointer<Int32>, count: Int, classes: Int,
        gradient: UnsafeMutablePointer<Float>?, aliveSamples: UnsafeMutablePointer<Int>, step: Int
    ) -> LossStatistics {
        let klWeight = klWeight(step: step)
        var statistics = LossStatistics()
        statistics.count = count
        withUnsafeTemporaryAllocation(of: Double.self, capacity: 3 * classes) { memory in
            let row = Row(logits: memory.baseAddress!, classes: classes)
            for i in 0 ..< count {
                let label = Int(labels[i])
                for k in 0 ..< classes { row.logits[k] = Double(logits[i * classes + k]) }
                let measured = measure(row, label: label, klWeight: klWeight)
                statistics.add(measured, correct: row.largestLogit == label)
                if measured.ownEvidence >= LossStatistics.deadEvidence { aliveSamples[label] += 1 }
                if let gradient {
                    for k in 0 ..< classes { gradient[i * classes + k] = Float(row.gradient[k] / Double(count)) }
                }
            }
        }
        return statistics
    }

    /// Memory for one image: [classes] each.
    struct Row {
        let classes: Int
        let logits: UnsafeMutablePointer<Double>
        let evidence: UnsafeMutablePointer<Double>
        /// d(loss)/d(logits).
        let gradient: UnsafeMutablePointer<Double>

        /// - Parameter logits: the first of 3 · classes numbers.
        init(logits: UnsafeMutablePointer<Double>, classes: Int) {
            self.classes = classes
            self.logits = logits
            evidence = logits + classes
            gradient = evidence + classes
        }

        var largestLogit: Int {
            var best = 0
            for k in 1 ..< classes where logits[k] > logits[best] { best = k }
            return best
        }
    }

    /// What one image's loss came to.
    struct Measured {
        var loss: Double
        var divergence: Double
        var strength: Double
        var uncertainty: Double
        var ownEvidence: Double
    }

    /// Loss and gradient of one image, from `row.logits`, in Double throughout.
    func measure(_ row: Row, label: Int, klWeight: Double) -> Measured {
        let classes = row.classes
        // Without the own class's evidence, which may be so large that the others' would be lost in the sum.
        var misleadingSum = 0.0
        for k in 0 ..< classes {
            row.evidence[k] = evidence.evidence(row.logits[k])
            if k != label { misleadingSum += row.evidence[k] }
        }
        let own = row.evidence[label], strength = misleadingSum + own + Double(classes)
        var loss = fit(row, label: label, strength: strength)
        var divergence = 0.0
        if klWeight > 0 {
            let misleading = MisleadingEvidence(sum: misleadingSum, classes: classes)
            divergence = misleading.divergenceBase
            for k in 0 ..< classes where k != label {
                divergence += misleading.divergence(evidence: row.evidence[k])
                row.gradient[k] += klWeight * misleading.slope(evidence: row.evidence[k])
            }
            divergence *= klWeight
            loss += divergence
        }
        for k in 0 ..< classes { row.gradient[k] *= evidence.slope(row.logits[k]) }
        let uncertainty = Double(classes) / strength
        if rescueWeight > 0 {
            loss -= rescueWeight * uncertainty * row.logits[label]
            row.gradient[label] -= rescueWeight * uncertainty
        }
        return Measured(loss: loss, divergence: divergence, strength: strength, uncertainty: uncertainty, ownEvidence: own)
    }

    /// The fitting term; leaves its gradient with respect to the evidence in `row.gradient`.
    private func fit(_ row: Row, label: Int, strength: Double) -> Double {
        let classes = row.classes, ownAlpha = row.evidence[label] + 1
        switch form {
        case .mse:
            // With q = Σ p_k²: error = q − 2 p_y + 1, variance = (1 − q) / (S + 1). ∂p_k/∂α_j = (δ_jk − p_k) / S gives
            // ∂q/∂α_j = 2 (p_j − q) / S and ∂p_y/∂α_j = (δ_jy − p_y) / S.
            let own = ownAlpha / strength
            var q = 0.0, rest = 0.0
            for k in 0 ..< classes {
                let p = (row.evidence[k] + 1) / strength
                q += p * p
                if k != label { rest += p * p }
            }
            let others = (strength - ownAlpha) / strength
            let variance = (1 - q) / (strength + 1)
            let spread = 1 - 1 / (strength + 1)
            for k in 0 ..< classes {
                let p = (row.evidence[k] + 1) / strength
                let slopeQ = 2 * (p - q) / strength
                let slopeOwn = ((k == label ? 1 : 0) - own) / strength
                row.gradient[k] = spread * slopeQ - 2 * slopeOwn - variance / (strength + 1)
            }
            // (1 − p_y)² + Σ_{k≠y} p_k² keeps small errors that q − 2 p_y + 1 would cancel away.
            return others * others + rest + variance
        case .log:
            for k in 0 ..< classes { row.gradient[k] = 1 / strength }
            row.gradient[label] = 1 / strength - 1 / ownAlpha
            return .log(strength / ownAlpha)
        case .digamma:
            let slope = SpecialFunctions.trigamma(strength)
            for k in 0 ..< classes { row.gradient[k] = slope }
            row.gradient[label] = slope - SpecialFunctions.trigamma(ownAlpha)
            return SpecialFunctions.digamma(strength) - SpecialFunctions.digamma(ownAlpha)
        }
    }
}

extension LossStatistics {
    fileprivate mutating func add(_ image: EvidentialLoss.Measured, correct: Bool) {
        loss += image.loss
        divergence += image.divergence
        uncertainty += image.uncertainty
        let evidence = image.strength * (1 - image.uncertainty)
        if correct {
            self.correct += 1
            evidenceWhenCorrect += evidence
        } else {
            evidenceWhenWrong += evidence
        }
        if image.ownEvidence < Self.deadEvidence { dead += 1 }
    }
}
