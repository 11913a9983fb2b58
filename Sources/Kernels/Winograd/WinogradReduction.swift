/// Adds up the parts' sums and transforms them back: dW = Gᵀ Σ G, and the bias gradient. One part per few channels.
struct WinogradReduction: ParallelWork {
    let gradient: WinogradGradient
    let weights: WinogradGradient.Weights

    var partCount: Int { min(gradient.layer.channels, 32) }

    private var weightParts: Int { gradient.layer.isWide ? 1 : gradient.imageParts }
    private var biasParts: Int { gradient.layer.isWide ? WinogradLayer.gradientParts : gradient.imageParts }

    func run(part: Int) {
        let layer = gradient.layer
        let mine = range(of: part, parts: partCount, count: layer.channels)
        if layer.kernel == 3 {
            transform(Kernel3.KernelAdjoint.self, mine)
        } else {
            transform(Kernel5.KernelAdjoint.self, mine)
        }
        if part == 0, let bias = weights.bias {
            for n in 0 ..< layer.outputs {
                bias[n] = (0 ..< biasParts).reduce(0) { $0 + layer.biasSums(weights.scratch, part: $1)[n] }
            }
        }
    }

    private func transform<L: AxisTransform>(_ type: L.Type, _ channels: Range<Int>) {
        let layer = gradient.layer
        let scratch = WinogradLayer.Scratch()
        for channel in channels {
            forEachVector(layer.outputs, Channel<L>(
                reduction: self, sums: layer.weightSums(weights.scratch, part: 0) + channel &* layer.outputCover.width,
                target: weights.gradient + channel &* layer.outputs, scratch: scratch))
        }
    }

    /// One input channel's weights.
    private struct Channel<L: AxisTransform>: VectorBody {
        let reduction: WinogradReduction
        let sums: UnsafePointer<Float>
        let target: UnsafeMutablePointer<Float>
        let scratch: WinogradLayer.Scratch

        @inline(__always)
        func apply<V: FloatVector>(_ type: V.Type, at offset: Int, lanes: Int) {
            let layer = reduction.gradient.layer
            let total = TileView.dense(type, scratch.before, side: 6)
            for point in 0 ..< WinogradLayer.points {
                var sum = V(reading: sums + (point &* layer.weightStep &+ offset))
                for part in 1 ..< reduction.weightParts {
                    sum += V(reading: sums + ((part &* WinogradLayer.points &+ point) &* layer.weightStep &+ offset))
                }
                sum.write(to: total.base + point &* V.scalarCount)
            }
            let weights = TileView.dense(type, scratch.after, side: L.outputs)
            L.applyToBothAxes(type, total, weights, scratch: scratch.middle)
            let step = layer.channels &* layer.outputs
            for tap in 0 ..< L.outputs &* L.outputs {
                V(reading: weights.base + tap &* V.scalarCount).write(to: target + (tap &* step &+ offset), first: lanes)
            }
        }
    }
}
