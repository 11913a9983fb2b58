import Networks
import RealModule

/// −ln softmax(z)_y, the usual loss: the baseline the evidential ones are compared with.
///
/// It knows no evidence: uncertainty, evidence and dead samples are reported as 0, and every sample as alive.
public struct SoftmaxCrossEntropy: Loss, Equatable {
    public init() {}

    public func evaluate(
        logits: UnsafePointer<Float>, labels: UnsafePointer<Int32>, count: Int, classes: Int,
        gradient: UnsafeMutablePointer<Float>?, aliveSamples: UnsafeMutablePointer<Int>, step: Int
    ) -> LossStatistics {
        var statistics = LossStatistics()
        statistics.count = count
        withUnsafeTemporaryAllocation(of: Double.self, capacity: classes) { memory in
            let probability = memory.baseAddress!
            for i in 0 ..< count {
                let z = logits + i * classes, label = Int(labels[i])
                let (best, logSum) = softmax(z, classes: classes, into: probability)
                statistics.loss += logSum - (Double(z[label]) - Double(z[best]))
                if best == label { statistics.correct += 1 }
                aliveSamples[label] += 1
                guard let gradient else { continue }
                for k in 0 ..< classes {
                    gradient[i * classes + k] = Float((probability[k] - (k == label ? 1 : 0)) / Double(count))
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
