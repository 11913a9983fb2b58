import Evidential
import RealModule
import Testing

private let functions: [EvidenceFunction] = [.relu, .softplus, .exponential()]

private let quantities: [Quantity] = [.logit, .softmax] + functions.flatMap {
    [.evidence($0), .belief($0), .probability($0), .uncertainty($0), .dissonance($0), .strength($0)]
}

@Suite("Quantities")
struct QuantityTests {
    /// Against central differences, extrapolated to step 0. Logits and steps are exact in `Float`.
    @Test("gradients", arguments: quantities, [
        [0.5, -1.25, 2, 0.75], [3, 1], [-4, -2, -3], [0.25, 0.5, 6, 1, -1, 0.125, 5, 2, -0.5, 4],
    ] as [[Float]])
    func gradients(quantity: Quantity, logits: [Float]) {
        func value(_ z: [Float], _ label: Int) -> Double { quantity.evaluate(z, classes: z.count, label: label) }
        for label in quantity.isOfClass ? Array(logits.indices) : [0] {
            var gradient = [Double](repeating: .nan, count: logits.count)
            let same = quantity.evaluate(logits, classes: logits.count, label: label, gradient: &gradient)
            #expect(same == value(logits, label))
            for k in logits.indices {
                func slope(_ step: Float) -> Double {
                    var up = logits, down = logits
                    up[k] += step
                    down[k] -= step
                    return (value(up, label) - value(down, label)) / Double(2 * step)
                }
                let expected = (4 * slope(0x1p-9) - slope(0x1p-8)) / 3
                #expect(abs(gradient[k] - expected) <= 1e-8 * max(1, abs(expected)), "class \(label), logit \(k)")
            }
        }
    }

    @Test("values agree with the opinion's", arguments: functions)
    func values(function: EvidenceFunction) {
        let logits: [Float] = [0.5, -1.25, 2, 0.75]
        var evidence = [Float](repeating: 0, count: 4)
        Opinions.evidence(logits, count: 4, function: function, into: &evidence)
        let opinion = Opinion(evidence: evidence.map(Double.init))
        func check(_ quantity: Quantity, _ expected: Double, label: Int = 0) {
            #expect(abs(quantity.evaluate(logits, classes: 4, label: label) - expected) <= 1e-6 * max(1, expected))
        }
        for k in 0 ..< 4 {
            check(.evidence(function), opinion.evidence[k], label: k)
            check(.belief(function), opinion.belief[k], label: k)
            check(.probability(function), opinion.probability[k], label: k)
        }
        check(.uncertainty(function), opinion.uncertainty)
        check(.dissonance(function), opinion.dissonance)
        check(.strength(function), opinion.strength)
    }

    /// No evidence at all, and logits as far out as they come: finite, and no slope where there is nothing.
    @Test("extremes are finite", arguments: quantities, [
        [-1e4, -1e4, -1e4], [0, 0, 0], [1e4, 1e4, -1e4], [3e38, -3e38, 0],
    ] as [[Float]])
    func extremes(quantity: Quantity, logits: [Float]) {
        var gradient = [Double](repeating: .nan, count: 3)
        let value = quantity.evaluate(logits, classes: 3, label: 1, gradient: &gradient)
        #expect(value.isFinite && gradient.allSatisfy { $0.isFinite })
    }

    /// Between equal beliefs, raising one raises as much conflict as it resolves: only the strength's growth is left.
    @Test("the kink of the dissonance at equal evidence takes the mean slope")
    func kink() {
        var gradient = [Double](repeating: .nan, count: 2)
        let function = EvidenceFunction.exponential(), logits: [Float] = [1, 1]
        let value = Quantity.dissonance(function).evaluate(logits, classes: 2, label: 0, gradient: &gradient)
        func slope(_ step: Float) -> Double {
            (Quantity.dissonance(function).evaluate([1 + step, 1], classes: 2, label: 0) - value) / Double(step)
        }
        #expect(abs(gradient[0] - (slope(0x1p-12) + slope(-0x1p-12)) / 2) < 1e-4)
        #expect(gradient[0] == gradient[1])
    }
}
