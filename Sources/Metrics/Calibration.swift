/// How well stated confidences match the share of right answers (Naeini, Cooper & Hauskrecht 2015; Guo et al. 2017).
///
/// The confidence of an image is the probability of its predicted class. Images fall into `B` bins of equal width,
///
///     bin b holds the confidences in (b/B, (b+1)/B],  b = 0 ... B−1
///
/// closed on the right, so that certainty (1) is in the last bin; confidence exactly 0, which no such bin would hold,
/// is in the first. An edge is the `Double` nearest to b/B, and a confidence equal to it lies below it. With n_b images
/// in bin b, N in all, the expected calibration error is
///
///     ECE = Σ_b n_b/N |accuracy_b − mean confidence_b|
///
/// an average over bins, so a bin without images does not count.
public struct Calibration: Sendable {
    /// What the images of one bin have in common.
    public struct Bin: Sendable {
        /// Mean confidence; NaN for an empty bin.
        public var confidence: Double
        /// Share of right answers; NaN for an empty bin.
        public var accuracy: Double
        /// Images.
        public var count: Int
    }

    /// Bins in order of confidence.
    public let bins: [Bin]
    /// ECE, 0 ... 1; NaN when there are no images.
    public let expectedError: Double

    /// Compares confidences with outcomes.
    ///
    /// - Parameters:
    ///   - confidences: one per image, each in 0 ... 1.
    ///   - correct: whether the predicted class was right, one per image.
    ///   - bins: number of bins, at least 1.
    public init(confidences: [Double], correct: [Bool], bins: Int = 15) {
        precondition(confidences.count == correct.count, "\(confidences.count) confidences, \(correct.count) outcomes")
        precondition(bins >= 1, "\(bins) bins")
        precondition(confidences.allSatisfy { 0 ... 1 ~= $0 }, "a confidence outside 0 ... 1")
        var sums = [BinSums](repeating: BinSums(), count: bins)
        for (confidence, correct) in zip(confidences, correct) {
            sums[BinSums.bin(of: confidence, bins: bins)].add(confidence, correct: correct)
        }
        self.bins = sums.map { Bin(confidence: $0.meanConfidence, accuracy: $0.accuracy, count: $0.count) }
        expectedError = sums.reduce(0) { $0 + $1.gap } / Double(confidences.count)
    }

    /// The expected calibration error of a batch in memory of the caller.
    ///
    /// - Parameters:
    ///   - confidence: `[count]`, each in 0 ... 1 (checked by the caller).
    ///   - correct: `[count]`, 0 where the predicted class was wrong.
    ///   - bins: number of bins, at least 1 (checked by the caller).
    ///   - binConfidence: `[bins]`, receives mean confidences, NaN for an empty bin; nil when not wanted.
    ///   - binAccuracy: `[bins]`, receives shares of right answers, NaN for an empty bin; nil when not wanted.
    ///   - binCount: `[bins]`, receives numbers of images; nil when not wanted.
    /// - Returns: ECE, 0 ... 1; NaN when `count` is 0.
    public static func expectedError(
        confidence: UnsafePointer<Double>, correct: UnsafePointer<UInt8>, count: Int, bins: Int,
        binConfidence: UnsafeMutablePointer<Double>? = nil, binAccuracy: UnsafeMutablePointer<Double>? = nil,
        binCount: UnsafeMutablePointer<Int64>? = nil
    ) -> Double {
        withUnsafeTemporaryAllocation(of: BinSums.self, capacity: bins) { sums in
            sums.initialize(repeating: BinSums())
            for image in 0 ..< count {
                sums[BinSums.bin(of: confidence[image], bins: bins)]
                    .add(confidence[image], correct: correct[image] != 0)
            }
            var gaps = 0.0
            for (bin, sum) in sums.enumerated() {
                gaps += sum.gap
                binConfidence?[bin] = sum.meanConfidence
                binAccuracy?[bin] = sum.accuracy
                binCount?[bin] = Int64(sum.count)
            }
            return gaps / Double(count)
        }
    }
}

/// Sums over the images of one bin.
private struct BinSums {
    var confidence = 0.0
    var correct = 0
    var count = 0

    mutating func add(_ confidence: Double, correct: Bool) {
        self.confidence += confidence
        self.correct += correct ? 1 : 0
        count += 1
    }

    var meanConfidence: Double { confidence / Double(count) }
    var accuracy: Double { Double(correct) / Double(count) }

    /// n_b |accuracy_b − mean confidence_b|, without the division that an empty bin does not allow.
    var gap: Double { abs(Double(correct) - confidence) }

    /// The bin of a confidence in 0 ... 1.
    ///
    /// The product may round up to an edge and past it (0.07 · 100 > 7), so the bin's lower edge is compared itself.
    /// It never rounds down across one: a confidence above the `Double` nearest to b/B is above b/B.
    static func bin(of confidence: Double, bins: Int) -> Int {
        let bin = min(bins - 1, Int(confidence * Double(bins)))
        return bin > 0 && confidence <= Double(bin) / Double(bins) ? bin - 1 : bin
    }
}
