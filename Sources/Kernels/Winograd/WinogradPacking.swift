/// Transforms weights [r, r, C, N] for the products of every pair of points: G w Gᵀ in panels
/// [panel][point][C, width]. One part per few channels.
public struct WinogradPacking: ParallelWork {
    let layer: WinogradLayer
    let weights: UnsafePointer<Float>
    let packed: UnsafeMutablePointer<Float>

    public init(layer: WinogradLayer, weights: UnsafePointer<Float>, packed: UnsafeMutablePointer<Float>) {
        self.layer = layer
        self.weights = weights
        self.packed = packed
    }

    public var partCount: Int { min(layer.channels, 32) }

    public func run(part: Int) {
        let mine = range(of: part, parts: partCount, count: layer.channels)
        withFilter(kernel: layer.kernel, Channels(packing: self, channels: mine))
    }

    /// Some channels' weights.
    private struct Channels: FilterBody {
        let packing: WinogradPacking
        let channels: Range<Int>

        func apply<F: MinimalFilter>(_ type: F.Type) { packing.transform(F.Kernel.self, channels) }
    }

    private func transform<L: AxisTransform>(_ type: L.Type, _ channels: Range<Int>) {
        guard let scratch = WinogradLayer.Scratch(layer)?.middle else { return }
        let columnStep = layer.channels &* layer.outputs
        // Channels within panels: each point's stretch is then written in order.
        for panel in layer.outputCover.panels {
            let step = layer.channels &* panel.width
            for channel in channels {
                let source = weights + channel &* layer.outputs + panel.first
                let target = packed + layer.weights(panel, point: 0, depth: layer.channels) + channel &* panel.width
                forEachVector(panel.count, BothAxes<L>(
                    x: TileView(base: UnsafeMutablePointer(mutating: source), rowStep: L.inputs &* columnStep,
                                columnStep: columnStep),
                    y: TileView(base: target, rowStep: layer.pointSide &* step, columnStep: step),
                    scratch: scratch))
            }
        }
    }
}

/// A transform of a tile, vector by vector of its channels.
struct BothAxes<L: AxisTransform>: VectorBody {
    let x: TileView
    let y: TileView
    let scratch: UnsafeMutablePointer<Float>

    @inline(__always)
    func apply<V: FloatVector>(_ type: V.Type, at offset: Int, lanes: Int) {
        L.applyToBothAxes(type, x.moved(by: offset), y.moved(by: offset), scratch: scratch)
    }
}
