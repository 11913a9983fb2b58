import Kernels
import Networks
import Tensors
import Testing

/// Repeatable pseudo-random numbers in -1 ..< 1.
func noise(_ count: Int, seed: UInt64) -> [Float] {
    let random = Philox(seed: seed, purpose: .weights)
    return (0 ..< count).map { 2 * Philox.unit(random.block(UInt64($0)).x) - 1 }
}

func noiseImages(_ count: Int, _ shape: MapShape, seed: UInt64 = 1) -> Tensor<Float> {
    Tensor(shape: [count, shape.height, shape.width, shape.channels], elements: noise(count * shape.count, seed: seed))
}

func cyclicLabels(_ count: Int, classes: Int) -> Tensor<Int32> { Tensor((0 ..< count).map { Int32($0 % classes) }) }

/// Half the squared distance of the logits from one-hot labels: a loss whose gradient needs no checking.
struct SquaredError: Loss {
    func evaluate(
        logits: UnsafePointer<Float>, labels: UnsafePointer<Int32>, count: Int, classes: Int,
        gradient: UnsafeMutablePointer<Float>?, aliveSamples: UnsafeMutablePointer<Int>, step: Int
    ) -> LossStatistics {
        var statistics = LossStatistics()
        statistics.count = count
        for i in 0 ..< count {
            for k in 0 ..< classes {
                let difference = logits[i * classes + k] - (Int(labels[i]) == k ? 1 : 0)
                statistics.loss += Double(difference * difference) / 2
                gradient?[i * classes + k] = difference / Float(count)
            }
        }
        return statistics
    }
}

/// Each within `relative` of the largest wanted value.
func expectClose(_ values: [Float], _ wanted: [Double], relative: Double, floor: Double = 1e-6, _ what: String = "",
                 sourceLocation: SourceLocation = #_sourceLocation) {
    #expect(values.count == wanted.count, sourceLocation: sourceLocation)
    let scale = max(wanted.map(abs).max() ?? 0, floor)
    let worst = zip(values, wanted).map { abs(Double($0) - $1) }.max() ?? 0
    #expect(worst <= relative * scale, "\(what): off by \(worst) of \(scale)", sourceLocation: sourceLocation)
}

extension Network {
    /// All parameters, one after another.
    var allParameters: [Float] { layout.parameters.indices.flatMap { parameter($0).elements } }
}

extension Trainer {
    /// Up to `steps` steps; returns the mean loss.
    @discardableResult
    func run(_ images: Tensor<Float>, _ labels: Tensor<Int32>, steps: Int) throws -> Double {
        var alive = [Int](repeating: 0, count: network.classes)
        var statistics = LossStatistics()
        var left = steps
        while left > 0 {
            let before = progress.step
            try Images.with(images) { images in
                _ = try labels.withUnsafePointer {
                    try run(images, labels: $0, maxSteps: left, statistics: &statistics, alive: &alive)
                }
            }
            left -= progress.step - before
        }
        return statistics.loss / Double(statistics.count)
    }
}
