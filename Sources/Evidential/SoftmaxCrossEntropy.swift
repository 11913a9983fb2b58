import Networks
import RealModule

/// −Σ_k q_k ln softmax(z)_k, the usual loss: the baseline the evidential ones are compared with. q is the one-hot label, or
/// with smoothing ε  q_k = (1 − ε) y_k + ε / K  (Szegedy et al., "Rethinking the Inception architecture for computer
/// vision", CVPR 2016, section 7).
///
/// It knows no evidence: uncertainty, evidence and dead samples are reported as 0, and every sample as alive.
public struct SoftmaxCrossEntropy: Loss, Equatable {
    /// ε, at least 0 and below 1.
    public var smoothing: Double

    public init(smoothing: Double = 0) { self.smoothing = smoothing }

    public func evaluate(
        logits: UnsafePointer<Float>, labels: UnsafePointer<Int32>, count: Int, classes: Int,
        gradient: UnsafeMutablePointer<Float>?, aliveSamples: UnsafeMutablePointer<Int>, step: Int
    ) -> LossStatistics {
        var statistics = LossStatistics()
        statistics.count = count
        let spread = smoothing / Double(classes)
        withUnsafeTemporaryAllocation(of: Double.self, capacity: classes) { memory in
            let probability = memory.baseAddress!
            for i in 0 ..< count {
                let z = logits + i * classes, label = Int(labels[i])
                let (best, logSum) = softmax(z, classes: classes, into: probability)
                // −ln softmax(z)_k = logSum − (z_k − max z).
                var expected = (1 - smoothing) * (Double(z[label]) - Double(z[best]))
                if smoothing > 0 {
                    for k in 0 ..< classes { expected += spread * (Double(z[k]) - Double(z[best])) }
                }
                statistics.loss += logSum - expected
                if best == label { statistics.correct += 1 }
                aliveSamples[label] += 1
                guard let gradient else { continue }
                for k in 0 ..< classes {
                    let wanted = spread + (k == label ? 1 - smoothing : 0)
                    gradient[i * classes + k] = Float((probability[k] - wanted) / Double(count))
                }
            }
        }
        return statistics
    }
}

/// Softmax of one row, shifted by its largest logit so that nothing overflows.
/// - Returns: the first largest logit's index, and ln Σ exp(z − max z).
func softmax(_ z: UnsafePointer<Float>, classes: Int, into probability: UnsafeMutablePointer<Double>)
    -> (largest: Int, logSum: Double) {
    var best = 0
    for k in 1 ..< classes where z[k] > z[best] { best = k }
    var sum = 0.0
    for k in 0 ..< classes {
        probability[k] = .exp(Double(z[k]) - Double(z[best]))
        sum += probability[k]
    }
    for k in 0 ..< classes { probability[k] /= sum }
    return (best, .log(sum))
}
