import RealModule
import Testing
@testable import Evidential
import Networks

@Suite struct SoftmaxCrossEntropyTests {
    @Test(arguments: crossEntropyGolden)
    func agreesWithAutograd(golden: (logits: [Float], label: Int, loss: Double, gradient: [Double])) {
        let count = golden.logits.count
        var gradient = [Float](repeating: .nan, count: count), alive = [Int](repeating: 0, count: count)
        let statistics = SoftmaxCrossEntropy().evaluate(
            logits: golden.logits, labels: [Int32(golden.label)], count: 1, classes: count, gradient: &gradient,
            aliveSamples: &alive, step: 0)
        #expect(abs(statistics.loss - golden.loss) <= 1e-7 * max(1, golden.loss)) // logits in Float
        for (own, theirs) in zip(gradient, golden.gradient) { #expect(abs(Double(own) - theirs) <= 1e-7) }
    }

    /// Against −Σ q_k ln softmax(z)_k with q written out, and its central differences.
    @Test(arguments: [0.1, 0.5, 0.9]) func smoothsLabels(smoothing: Double) {
        let loss = SoftmaxCrossEntropy(smoothing: smoothing), classes = 5, label = 2
        func plain(_ z: [Double]) -> Double {
            let sum = z.reduce(0) { $0 + .exp($1) }
            return -(0 ..< classes).reduce(0) { total, k in
                total + (smoothing / Double(classes) + (k == label ? 1 - smoothing : 0)) * (z[k] - .log(sum))
            }
        }
        let logits: [Float] = [0.5, -2, 1.25, 3, -0.75], exact = logits.map(Double.init)
        var gradient = [Float](repeating: .nan, count: classes), alive = [Int](repeating: 0, count: classes)
        let statistics = loss.evaluate(logits: logits, labels: [Int32(label)], count: 1, classes: classes,
                                       gradient: &gradient, aliveSamples: &alive, step: 0)
        #expect(abs(statistics.loss - plain(exact)) < 1e-12)
        for k in 0 ..< classes {
            var up = exact, down = exact
            up[k] += 1e-5
            down[k] -= 1e-5
            #expect(abs(Double(gradient[k]) - (plain(up) - plain(down)) / 2e-5) < 1e-7)
        }
    }
}

@Suite struct SoftmaxStartTests {
    private let evidential = EvidentialLoss(form: .digamma, klWeight: 0.5, annealingSteps: 10)
    private let logits: [Float] = [2, -1, 0.5, -3, 0.25, 1], labels: [Int32] = [0, 1]

    private func evaluate(_ loss: any Loss, step: Int) -> (LossStatistics, gradient: [Float], alive: [Int]) {
        var gradient = [Float](repeating: .nan, count: 6), alive = [0, 0, 0]
        let statistics = loss.evaluate(logits: logits, labels: labels, count: 2, classes: 3, gradient: &gradient,
                                       aliveSamples: &alive, step: step)
        return (statistics, gradient, alive)
    }

    @Test(arguments: [0, 0.2]) func beginsWithCrossEntropy(smoothing: Double) {
        let start = SoftmaxStart(evidential, steps: 4, smoothing: smoothing)
        let (own, gradient, alive) = evaluate(start, step: 3)
        let (softmax, softmaxGradient, softmaxAlive) = evaluate(SoftmaxCrossEntropy(smoothing: smoothing), step: 3)
        let (opinions, _, _) = evaluate(evidential, step: 0)
        #expect(own.loss == softmax.loss && gradient == softmaxGradient && alive == softmaxAlive)
        #expect(own.divergence == 0 && own.correct == softmax.correct && own.count == 2)
        #expect(own.uncertainty == opinions.uncertainty && own.dead == opinions.dead)
    }

    @Test(arguments: [4, 9, 100]) func goesOnWithTheLossItself(step: Int) {
        let (own, gradient, alive) = evaluate(SoftmaxStart(evidential, steps: 4, smoothing: 0.2), step: step)
        let (wanted, wantedGradient, wantedAlive) = evaluate(evidential, step: step - 4)
        #expect(own == wanted && gradient == wantedGradient && alive == wantedAlive)
    }

    @Test func annealingFollows() {
        let start = SoftmaxStart(evidential, steps: 4)
        #expect([0, 3, 4, 5, 9, 14, 99].map(start.klWeight(step:)) == [0, 0, 0, 0.05, 0.25, 0.5, 0.5])
    }
}
