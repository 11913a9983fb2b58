/// Transforms the weights' sums back, dW = Gᵀ Σ G, and adds up those of the bias. One part per few channels.
struct WinogradReduction: ParallelWork {
    let gradient: WinogradGradient
    let weights: WinogradGradient.Weights

    var partCount: Int { min(gradient.layer.channels, 32) }

    func run(part: Int) {
        let layer = gradient.layer
        let mine = range(of: part, parts: partCount, count: layer.channels)
        withFilter(kernel: layer.kernel, Channels(reduction: self, channels: mine))
        if part == 0, let bias = weights.bias {
            for n in 0 ..< layer.outputs {
                bias[n] = (0 ..< WinogradLayer.transformParts).reduce(0) { $0 + layer.biasSums(gradient.scratch, part: $1)[n] }
            }
        }
    }

    /// Some input channels' weights.
    private struct Channels: FilterBody {
        let reduction: WinogradReduction
        let channels: Range<Int>

        func apply<F: MinimalFilter>(_ type: F.Type) { reduction.transform(F.KernelAdjoint.self, channels) }
    }

    private func transform<L: AxisTransform>(_ type: L.Type, _ channels: Range<Int>) {
        let layer = gradient.layer
        guard let scratch = WinogradLayer.Scratch(layer) else { return }
        let sums = layer.weightSums(gradient.scratch), step = layer.sumStep
        for channel in channels {
            forEachVector(layer.outputs, Channel<L>(
                x: TileView(base: sums + channel &* layer.outputCover.width, rowStep: layer.pointSide &* step,
                            columnStep: step),
                target: weights.gradient + channel &* layer.outputs, tapStep: layer.channels &* layer.outputs,
                scratch: scratch))
        }
    }

    /// One input channel's weights.
    private struct Channel<L: AxisTransform>: VectorBody {
        let x: TileView
        let target: UnsafeMutablePointer<Float>
        let tapStep: Int
        let scratch: WinogradLayer.Scratch

        @inline(__always)
        func apply<V: FloatVector>(_ type: V.Type, at offset: Int, lanes: Int) {
            let weights = TileView.dense(type, scratch.after, side: L.outputs)
            L.applyToBothAxes(type, x.moved(by: offset), weights, scratch: scratch.middle)
            for tap in 0 ..< L.outputs &* L.outputs {
                V(reading: weights.base + tap &* V.scalarCount).write(to: target + (tap &* tapStep &+ offset), first: lanes)
            }
        }
    }
}
