import RealModule
import Testing
@testable import Evidential

/// A small generator of repeatable numbers (Steele, Lea & Flood 2014).
struct SplitMix: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var z = (state ^ state >> 30) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ z >> 27) &* 0x94D0_49BB_1331_11EB
        return z ^ z >> 31
    }

    mutating func uniform(_ low: Double, _ high: Double) -> Double { .random(in: low ..< high, using: &self) }
}

@Suite struct OpinionTests {
    /// Evidence from none to e^12, of few and of many classes, some of it exactly zero.
    private static let evidences: [[Double]] = {
        var random = SplitMix(state: 7)
        return (0 ..< 300).map { trial in
            (0 ..< [2, 3, 10, 100][trial % 4]).map { _ in random.uniform(0, 1) < 0.2 ? 0 : .exp(random.uniform(-12, 12)) }
        }
    }()

    @Test(arguments: evidences) func massesAddUp(evidence: [Double]) {
        let opinion = Opinion(evidence: evidence), classes = Double(evidence.count)
        #expect(abs(opinion.uncertainty + opinion.belief.reduce(0, +) - 1) < 1e-13)
        #expect(abs(opinion.probability.reduce(0, +) - 1) < 1e-13)
        #expect(opinion.uncertainty > 0 && opinion.uncertainty <= 1)
        #expect((0 ... 1 + 1e-12).contains(opinion.dissonance))
        #expect((0 ... Double.log(classes) + 1e-12).contains(opinion.entropy))
        #expect(opinion.mutualInformation >= 0 && opinion.mutualInformation <= opinion.entropy)
        // Equal shares of the doubt: p_k = b_k + u / K.
        for (p, b) in zip(opinion.probability, opinion.belief) { #expect(abs(p - b - opinion.uncertainty / classes) < 1e-13) }
    }

    /// What the C interface fills, in Float, is what the value type says, in Double.
    @Test(arguments: evidences) func batchesAgreeWithSingleOpinions(evidence: [Double]) {
        let count = evidence.count
        let given = evidence.map { Float($0) }
        let opinion = Opinion(evidence: given.map { Double($0) })
        var wide = [[Float]](repeating: [Float](repeating: .nan, count: count), count: 3)
        var narrow = [Float](repeating: .nan, count: 5)
        wide.withUnsafeMutableBufferPointer { wide in
            narrow.withUnsafeMutableBufferPointer { narrow in
                wide[0].withUnsafeMutableBufferPointer { alpha in
                    var results = Opinions.Results()
                    results.alpha = alpha.baseAddress
                    results.strength = narrow.baseAddress
                    results.uncertainty = narrow.baseAddress! + 1
                    results.dissonance = narrow.baseAddress! + 2
                    results.entropy = narrow.baseAddress! + 3
                    results.mutualInformation = narrow.baseAddress! + 4
                    Opinions.measure(given, count: 1, classes: count, into: results)
                }
            }
        }
        #expect(wide[0] == opinion.alpha.map { Float($0) })
        #expect(narrow == [opinion.strength, opinion.uncertainty, opinion.dissonance, opinion.entropy,
                           opinion.mutualInformation].map { Float($0) })
    }

    /// From the definitions with 120 digits (mpmath): evidence; dissonance, entropy, mutual information.
    private static let large: [([Double], [Double])] = [
        ([1e12, 5e11, 333333333333.3333], [0.6272727272717008, 0.9949236325721162, 5.45454545453405e-13]),
        ([1e15, 5e14, 3e14], [0.61111111111111, 0.9809896824453158, 5.555555555555543e-16]),
        ([1e12, 0], [0, 2.8631021115872785e-11, 4.2278433509762155e-13]),
        ([1e20, 0, 3], [6e-20, 2.29713331854925e-18, 9.020775643461066e-21]),
        ([5e34, 1e17, 1, 0], [4e-18, 8.350676898666576e-17, 2.7641172883510215e-35]),
        ([9, 8.75, 0.5], [0.7868543029577347, 0.8993025602669988, 0.04393387757499975]), // where the series take over
    ]

    @Test(arguments: large) func largeEvidenceKeepsItsDigits(evidence: [Double], expected: [Double]) {
        let opinion = Opinion(evidence: evidence)
        for (own, wanted) in zip([opinion.dissonance, opinion.entropy, opinion.mutualInformation], expected) {
            #expect(abs(own - wanted) <= 1e-13 * wanted)
        }
    }

    @Test func noEvidenceIsFullDoubt() {
        let opinion = Opinion(evidence: [0, 0, 0, 0])
        #expect(opinion.uncertainty == 1 && opinion.belief == [0, 0, 0, 0] && opinion.dissonance == 0)
        #expect(abs(opinion.entropy - Double.log(4)) < 1e-15)
    }

    /// Two equal beliefs conflict fully: dissonance is all of the belief mass. A single one conflicts with nothing.
    @Test func dissonanceByHand() {
        #expect(abs(Opinion(evidence: [9, 9]).dissonance - 18.0 / 20) < 1e-15)
        #expect(Opinion(evidence: [9, 0]).dissonance == 0)
        // b = (6, 3, 0)/12; Bal = 1 − 3/9 = 2/3 both ways: (6 + 3)/12 · 2/3.
        #expect(abs(Opinion(evidence: [6, 3, 0]).dissonance - 0.5) < 1e-15)
    }

    /// Dir(2, 1): p = (2/3, 1/3); E[H] = Σ p_k (ψ(4) − ψ(α_k + 1)) = 2/3 · 1/3 + 1/3 · (1/2 + 1/3) = 1/2.
    @Test func mutualInformationByHand() {
        let opinion = Opinion(evidence: [1, 0])
        let entropy = -(2.0 / 3 * Double.log(2.0 / 3) + 1.0 / 3 * Double.log(1.0 / 3))
        #expect(abs(opinion.entropy - entropy) < 1e-14)
        #expect(abs(opinion.mutualInformation - (entropy - 0.5)) < 1e-14)
    }
}
