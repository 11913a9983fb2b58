/// Mean and variance of each channel over a batch, and from them y = scale · x + shift.
///
/// Sums are taken of x − pivot, the batch's first pixel: where a channel's mean is large beside its deviation, sums of
/// squares would cancel. One part per few rows; `finish` adds up.
public struct BatchStatistics: ParallelWork {
    let rows: ChannelRows
    let input: MapMemory
    let memory: ChannelMemory

    public init(rows: ChannelRows, input: MapMemory, memory: ChannelMemory) {
        self.rows = rows
        self.input = input
        self.memory = memory
    }

    public var partCount: Int { rows.parts }

    public func run(part: Int) {
        let (sum, squares) = memory.sums(part: part)
        sum.update(repeating: 0, count: rows.channels)
        squares.update(repeating: 0, count: rows.channels)
        rows.forEachRow(part: part) { image, row in
            forEachVector(rows.channels, Sums(rows: rows, input: input.row(image, row), pivot: input.base, sum: sum,
                                              squares: squares))
        }
    }

    private struct Sums: VectorBody {
        let rows: ChannelRows
        let input: UnsafePointer<Float>
        let pivot: UnsafePointer<Float>
        let sum: UnsafeMutablePointer<Float>
        let squares: UnsafeMutablePointer<Float>

        @inline(__always)
        func apply<V: FloatVector>(_ type: V.Type, at offset: Int, lanes: Int) {
            let pivot = V(reading: pivot + offset)
            var total = V(), square = V()
            for pixel in 0 ..< rows.columns {
                let x = V(reading: input + (pixel &* rows.channels &+ offset)) - pivot
                total += x
                square.accumulate(x, x)
            }
            (V(reading: sum + offset) + total).write(to: sum + offset, first: lanes)
            (V(reading: squares + offset) + square).write(to: squares + offset, first: lanes)
        }
    }

    /// - Parameters:
    ///   - weight: γ [C]
    ///   - bias: β [C]
    ///   - epsilon: added to the variance.
    public func finish(weight: UnsafePointer<Float>, bias: UnsafePointer<Float>, epsilon: Float) {
        let count = Double(rows.pixels)
        for channel in 0 ..< rows.channels {
            let (sum, squares) = memory.totals(channel: channel, parts: rows.parts)
            let shifted = sum / count
            let variance = max(0, squares / count - shifted * shifted)
            let inverse = 1 / (variance + Double(epsilon)).squareRoot(), mean = Double(input.base[channel]) + shifted
            memory.mean[channel] = Float(mean)
            memory.variance[channel] = Float(variance)
            memory.inverseDeviation[channel] = Float(inverse)
            let scale = Double(weight[channel]) * inverse
            memory.scale[channel] = Float(scale)
            memory.shift[channel] = Float(Double(bias[channel]) - mean * scale)
        }
    }

    /// Takes the batch's statistics into the running ones: r ← (1 − momentum) r + momentum b, the variance without bias,
    /// as PyTorch does. To be called after `finish`.
    public func follow(runningMean: UnsafeMutablePointer<Float>, runningVariance: UnsafeMutablePointer<Float>,
                       momentum: Float) {
        let count = Double(rows.pixels), unbiased = count / max(1, count - 1), momentum = Double(momentum)
        func take(_ batch: Double, into running: inout Float) { running = Float((1 - momentum) * Double(running) + momentum * batch) }
        for channel in 0 ..< rows.channels {
            take(Double(memory.mean[channel]), into: &runningMean[channel])
            take(Double(memory.variance[channel]) * unbiased, into: &runningVariance[channel])
        }
    }
}

extension ChannelMemory {
    /// Scale and shift by statistics that were gathered before.
    public func use(mean: UnsafePointer<Float>, variance: UnsafePointer<Float>, weight: UnsafePointer<Float>,
                    bias: UnsafePointer<Float>, epsilon: Float) {
        for channel in 0 ..< channels {
            scale[channel] = weight[channel] / (variance[channel] + epsilon).squareRoot()
            shift[channel] = bias[channel] - mean[channel] * scale[channel]
        }
    }

    /// Takes the normalisation into the weights [K, C] and bias [C] of the layer before it: W ← W · scale,
    /// b ← b · scale + shift.
    public func fold(weights: UnsafePointer<Float>, count: Int, bias: UnsafePointer<Float>?,
                     into folded: UnsafeMutablePointer<Float>, foldedBias: UnsafeMutablePointer<Float>) {
        for row in stride(from: 0, to: count, by: channels) {
            for channel in 0 ..< channels { folded[row &+ channel] = weights[row &+ channel] * scale[channel] }
        }
        for channel in 0 ..< channels { foldedBias[channel] = (bias?[channel] ?? 0) * scale[channel] + shift[channel] }
    }
}
