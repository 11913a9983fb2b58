import RealModule
import Testing
@testable import Evidential
import Networks

/// One image's loss and gradient, in Double.
func measure(_ loss: EvidentialLoss, _ logits: [Double], _ label: Int, klWeight: Double)
    -> (measured: EvidentialLoss.Measured, gradient: [Double]) {
    withUnsafeTemporaryAllocation(of: Double.self, capacity: 3 * logits.count) { memory in
        let row = EvidentialLoss.Row(logits: memory.baseAddress!, classes: logits.count)
        for (k, z) in logits.enumerated() { row.logits[k] = z }
        let measured = loss.measure(row, label: label, klWeight: klWeight)
        return (measured, (0 ..< logits.count).map { row.gradient[$0] })
    }
}

/// A loss, a number of classes and a label.
struct LossCase: Sendable, CustomTestStringConvertible {
    let form: EvidentialLoss.Form, evidence: EvidenceFunction, klWeight: Double, classes: Int
    var rescueWeight = 0.0

    var loss: EvidentialLoss {
        EvidentialLoss(form: form, evidence: evidence, klWeight: klWeight, rescueWeight: rescueWeight)
    }
    var testDescription: String { "\(form), \(evidence), KL \(klWeight), K = \(classes), rescue \(rescueWeight)" }

    static let all: [LossCase] = EvidentialLoss.Form.allCases.flatMap { form in
        [EvidenceFunction.relu, .softplus, .exponential()].flatMap { evidence in
            [0, 0.3, 1].flatMap { weight in
                [2, 3, 10].map { LossCase(form: form, evidence: evidence, klWeight: weight, classes: $0) }
            }
        }
    }
}

@Suite struct EvidentialLossTests {
    /// The golden values' own trigamma, a series of few terms, is good to some 1e-10.
    @Test(arguments: lossGolden) func agreesWithAutograd(golden: LossGolden) {
        let loss = EvidentialLoss(form: golden.form, evidence: golden.evidence)
        let (measured, gradient) = measure(loss, golden.logits, golden.label, klWeight: golden.klWeight)
        #expect(abs(measured.loss - golden.loss) <= 1e-11 * max(1, golden.loss))
        for (own, theirs) in zip(gradient, golden.gradient) { #expect(abs(own - theirs) <= 2e-9 * max(1, abs(theirs))) }
    }

    /// Central differences at random logits, away from ReLU's kink.
    @Test(arguments: LossCase.all) func gradientsAreDerivatives(of one: LossCase) {
        var random = SplitMix(state: 1)
        for trial in 0 ..< 6 {
            let logits = (0 ..< one.classes).map { _ in
                let z = random.uniform(-3, 3)
                return abs(z) < 0.01 ? 0.5 : z
            }
            let label = trial % one.classes
            let gradient = measure(one.loss, logits, label, klWeight: one.klWeight).gradient
            for k in 0 ..< one.classes {
                let h = 1e-5
                var up = logits, down = logits
                up[k] += h
                down[k] -= h
                let slope = (measure(one.loss, up, label, klWeight: one.klWeight).measured.loss
                    - measure(one.loss, down, label, klWeight: one.klWeight).measured.loss) / (2 * h)
                #expect(abs(gradient[k] - slope) <= 1e-8 * max(1, abs(slope)))
            }
        }
    }

    @Test(arguments: LossCase.all) func nothingOverflows(with one: LossCase) {
        let fill: (Double) -> [Double] = { Array(repeating: $0, count: one.classes) }
        var lonely = fill(-1e4)
        lonely[0] = 1e4
        for logits in [fill(1e4), fill(-1e4), fill(0), lonely, lonely.map { -$0 }] {
            for label in [0, one.classes - 1] {
                let (measured, gradient) = measure(one.loss, logits, label, klWeight: one.klWeight)
                #expect(measured.loss.isFinite && measured.uncertainty > 0)
                #expect(gradient.allSatisfy { $0.isFinite })
            }
        }
    }

    @Test func theWeightGrowsByTheStep() {
        let smooth = EvidentialLoss(klWeight: 0.5, annealingSteps: 100)
        #expect([0, 1, 50, 100, 1000].map(smooth.klWeight(step:)) == [0, 0.005, 0.25, 0.5, 0.5])
        #expect(EvidentialLoss(klWeight: 0.5).klWeight(step: 0) == 0.5)
    }

    /// The authors': min(1, epoch / 10), constant within an epoch; here of 7 steps.
    @Test func theWeightGrowsByTheEpoch() {
        let authors = EvidentialLoss(klWeight: 1, annealingSteps: 70, annealingHold: 7)
        for step in 0 ..< 100 { #expect(abs(authors.klWeight(step: step) - min(1, Double(step / 7) / 10)) < 1e-15) }
    }

    /// ReLU evidence below its kink gives no slope; the rescue term gives -u there, and leaves other classes alone.
    @Test(arguments: EvidentialLoss.Form.allCases) func theRescueTermMovesTheDead(form: EvidentialLoss.Form) {
        let dead = [-1.0, -2.0, -0.5]
        let frozen = measure(EvidentialLoss(form: form, evidence: .relu, klWeight: 1), dead, 1, klWeight: 1).gradient
        #expect(frozen == [0, 0, 0])
        let rescued = measure(EvidentialLoss(form: form, evidence: .relu, rescueWeight: 0.25), dead, 1, klWeight: 1)
        #expect(rescued.gradient == [0, -0.25, 0]) // u = 1
    }

    /// Two images by hand: one right and alive, one wrong and dead. ReLU evidence, K = 2.
    @Test func statisticsOfABatch() {
        let loss = EvidentialLoss(form: .log, evidence: .relu, klWeight: 1)
        let logits: [Float] = [4, 0, 2, -1], labels: [Int32] = [0, 1]
        var gradient = [Float](repeating: .nan, count: 4), alive = [0, 5]
        let statistics = loss.evaluate(logits: logits, labels: labels, count: 2, classes: 2, gradient: &gradient,
                                       aliveSamples: &alive, step: 0)
        // α = (5, 1), S = 6: ln 6/5, no misleading evidence. α = (3, 1), S = 4: ln 4/1, α̃ = (3, 1):
        // KL = ln Γ(4) − ln Γ(2) − ln Γ(3) + 2 (ψ(3) − ψ(4)) = ln 3 − 2/3.
        let divergence = Double.log(3) - 2.0 / 3
        #expect(statistics.count == 2 && statistics.correct == 1 && statistics.dead == 1 && alive == [1, 5])
        #expect(abs(statistics.divergence - divergence) < 1e-12)
        #expect(abs(statistics.loss - (Double.log(6.0 / 5) + Double.log(4) + divergence)) < 1e-12)
        #expect(abs(statistics.uncertainty - (2.0 / 6 + 2.0 / 4)) < 1e-12)
        #expect(abs(statistics.evidenceWhenCorrect - 4) < 1e-12 && abs(statistics.evidenceWhenWrong - 2) < 1e-12)
        // The mean's gradient: half of each image's. First image: (1/6 − 1/5, slope 0 below the kink).
        #expect(abs(gradient[0] - Float(1.0 / 6 - 1.0 / 5) / 2) < 1e-7 && gradient[1] == 0)
    }
}
