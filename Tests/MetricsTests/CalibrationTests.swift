import Metrics
import Testing

/// Numbers in 0 ..< 1, the same on every run.
private struct Uniform {
    var state: UInt64

    mutating func next() -> Double {
        state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
        return Double(state >> 11) / Double(1 << 53)
    }
}

/// ECE by the definition: for each bin, search the images in it, average, weigh.
private func referenceError(_ confidences: [Double], _ correct: [Bool], bins: Int) -> Double {
    var error = 0.0
    for bin in 0 ..< bins {
        let lower = Double(bin) / Double(bins), upper = Double(bin + 1) / Double(bins)
        let members = confidences.indices.filter {
            (confidences[$0] > lower && confidences[$0] <= upper) || (bin == 0 && confidences[$0] == 0)
        }
        if members.isEmpty { continue }
        let size = Double(members.count)
        let confidence = members.reduce(0) { $0 + confidences[$1] } / size
        let accuracy = Double(members.filter { correct[$0] }.count) / size
        error += size / Double(confidences.count) * abs(accuracy - confidence)
    }
    return error
}

@Suite("Calibration")
struct CalibrationTests {
    @Test("three bins by hand")
    func byHand() {
        let calibration = Calibration(confidences: [0.5, 0.6, 0.9, 0.9], correct: [true, false, true, true], bins: 3)
        #expect(calibration.bins.map(\.count) == [0, 2, 2])
        #expect(calibration.bins[0].confidence.isNaN && calibration.bins[0].accuracy.isNaN)
        #expect(calibration.bins[1].confidence == 0.55 && calibration.bins[1].accuracy == 0.5)
        #expect(calibration.bins[2].confidence == 0.9 && calibration.bins[2].accuracy == 1)
        #expect(abs(calibration.expectedError - (0.5 * 0.05 + 0.5 * 0.1)) < 1e-15)
    }

    @Test("perfect and worst confidence")
    func extremes() {
        #expect(Calibration(confidences: [1, 1, 0], correct: [true, true, false]).expectedError == 0)
        #expect(Calibration(confidences: [1, 0], correct: [false, true]).expectedError == 1)
        #expect(Calibration(confidences: [], correct: []).expectedError.isNaN)
    }

    /// Every edge b/B belongs to the bin below it, although b/B · B may round above b (7/100 · 100 > 7).
    @Test("bins are closed on the right; zero is in the first", arguments: [1, 2, 7, 10, 15, 49, 100, 1000])
    func edges(bins: Int) {
        for edge in 1 ... bins {
            let confidence = Double(edge) / Double(bins)
            let at = Calibration(confidences: [confidence], correct: [true], bins: bins)
            #expect(at.bins.firstIndex { $0.count == 1 } == edge - 1)
            if edge < bins {
                let above = Calibration(confidences: [confidence.nextUp], correct: [true], bins: bins)
                #expect(above.bins.firstIndex { $0.count == 1 } == edge)
            }
        }
        let zero = Calibration(confidences: [0], correct: [true], bins: bins)
        #expect(zero.bins[0].count == 1)
    }

    @Test("agrees with the definition", arguments: [1, 5, 15, 64])
    func reference(bins: Int) {
        var uniform = Uniform(state: 7)
        // A quarter of the confidences on a grid that meets the edges.
        let confidences = (0 ..< 2000).map { $0 % 4 == 0 ? (uniform.next() * 64).rounded() / 64 : uniform.next() }
        let correct = confidences.map { uniform.next() < $0 * $0 }
        let expected = referenceError(confidences, correct, bins: bins)
        let calibration = Calibration(confidences: confidences, correct: correct, bins: bins)
        #expect(abs(calibration.expectedError - expected) < 1e-12)
        #expect(calibration.bins.reduce(0) { $0 + $1.count } == 2000)
    }

    @Test("the form on memory gives the same error and the same bins")
    func memory() {
        var uniform = Uniform(state: 9)
        let confidences = (0 ..< 300).map { _ in 0.3 + 0.7 * uniform.next() }
        let correct = confidences.map { uniform.next() < $0 }
        let bytes = correct.map { $0 ? UInt8(2) : 0 }
        let bins = 15
        var confidence = [Double](repeating: -1, count: bins), accuracy = confidence
        var count = [Int64](repeating: -1, count: bins)
        let error = Calibration.expectedError(
            confidence: confidences, correct: bytes, count: 300, bins: bins, binConfidence: &confidence,
            binAccuracy: &accuracy, binCount: &count)
        let calibration = Calibration(confidences: confidences, correct: correct, bins: bins)
        #expect(error == calibration.expectedError)
        #expect(error == Calibration.expectedError(confidence: confidences, correct: bytes, count: 300, bins: bins))
        #expect(count.map(Int.init) == calibration.bins.map(\.count))
        #expect(count[0] == 0 && confidence[0].isNaN && accuracy[0].isNaN)
        for bin in 0 ..< bins where count[bin] > 0 {
            #expect(confidence[bin] == calibration.bins[bin].confidence)
            #expect(accuracy[bin] == calibration.bins[bin].accuracy)
        }
    }
}
