import RealModule
import Testing
@testable import Evidential

private let functions: [EvidenceFunction] = [.relu, .softplus, .exponential(), .exponential(clip: 2)]

@Suite struct EvidenceFunctionTests {
    @Test func valuesAtKnownPoints() {
        #expect([-2.0, 0, 3].map(EvidenceFunction.relu.evidence) == [0, 0, 3])
        #expect(abs(EvidenceFunction.softplus.evidence(0) - Double.log(2)) < 1e-15)
        #expect(abs(EvidenceFunction.softplus.evidence(-30) / Double.exp(-30) - 1) < 1e-12)
        #expect(EvidenceFunction.softplus.evidence(800) == 800)
        #expect(EvidenceFunction.exponential(clip: 2).evidence(5) == Double.exp(2))
    }

    /// Away from ReLU's kink and below the clip.
    @Test(arguments: functions) func slopesAreDerivatives(function: EvidenceFunction) {
        for z in stride(from: -20.05, to: 1.9, by: 0.3) {
            let h = 1e-5, slope = (function.evidence(z + h) - function.evidence(z - h)) / (2 * h)
            #expect(abs(function.slope(z) - slope) <= 1e-8 * max(1, slope))
        }
    }

    /// An overshot logit can come back: its slope is the one at the clip.
    @Test func beyondTheClipTheSlopeStays() {
        let function = EvidenceFunction.exponential(clip: 2)
        #expect(function.slope(50) == function.slope(2))
    }

    @Test(arguments: functions) func nothingOverflows(function: EvidenceFunction) {
        for z in [-1e4, -1e300, 1e4, Double(Float.greatestFiniteMagnitude), -Double(Float.greatestFiniteMagnitude)] {
            #expect(function.evidence(z).isFinite && function.evidence(z) >= 0)
            #expect(function.slope(z).isFinite && function.slope(z) >= 0)
        }
    }
}
