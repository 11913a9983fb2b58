import RealModule
import Testing
@testable import Evidential
import Networks

/// Evidence up to e^80, where the KL term is a small difference of large terms.
@Suite struct LargeEvidenceTests {
    @Test(arguments: largeEvidenceGolden) func agreesWithManyDigits(golden: LargeEvidenceGolden) {
        let loss = EvidentialLoss(form: golden.form, evidence: .exponential(clip: golden.clip), klWeight: 1)
        let (measured, gradient) = measure(loss, golden.logits, 1, klWeight: 1)
        #expect(abs(measured.loss - golden.loss) <= 2e-14 * max(1, golden.loss))
        for (own, wanted) in zip(gradient, golden.gradient) { #expect(abs(own - wanted) <= 1e-13 * max(1, abs(wanted))) }
    }

    /// As training sees them, in Float.
    @Test(arguments: largeEvidenceGolden) func isFiniteInFloat(golden: LargeEvidenceGolden) {
        let loss = EvidentialLoss(form: golden.form, evidence: .exponential(clip: golden.clip), klWeight: 1)
        let classes = golden.logits.count, logits = golden.logits.map { Float($0) }
        var gradient = [Float](repeating: .nan, count: classes), alive = [Int](repeating: 0, count: classes)
        let statistics = loss.evaluate(logits: logits, labels: [1], count: 1, classes: classes, gradient: &gradient,
                                       aliveSamples: &alive, step: 0)
        #expect(abs(statistics.loss - golden.loss) <= 1e-5 * max(1, golden.loss)) // logits in Float
        for (own, wanted) in zip(gradient, golden.gradient) { #expect(abs(Double(own) - wanted) <= 1e-5 * max(1, abs(wanted))) }
    }

    /// The series take over at evidence 10 and total 10: nothing jumps there.
    @Test(arguments: [2, 3, 9, 10, 11]) func theSeriesTakeOverSmoothly(classes: Int) {
        func term(_ own: Double, _ others: Double) -> (divergence: Double, slope: Double) {
            let misleading = MisleadingEvidence(sum: own + others, classes: classes)
            return (misleading.divergenceBase + misleading.divergence(evidence: own), misleading.slope(evidence: own))
        }
        for (own, others) in [(10.0, 0), (10, 3.5), (max(0, 10 - Double(classes)), 0), (0.25, max(0, 9.75 - Double(classes)))] {
            let h = 1e-9, below = term(own - min(own, h), others), above = term(own + h, others)
            #expect(abs(above.divergence - below.divergence) <= 3 * h, "\(own), \(others)")
            #expect(abs(above.slope - below.slope) <= 3 * h, "\(own), \(others)")
        }
    }

    /// No evidence, no divergence, of however many classes.
    @Test(arguments: [2, 5, 9, 10, 1000, 1 << 20]) func nothingMisleads(classes: Int) {
        let none = MisleadingEvidence(sum: 0, classes: classes)
        #expect(abs(none.divergenceBase) < 1e-14 && none.divergence(evidence: 0) == 0 && none.slope(evidence: 0) == 0)
    }
}
