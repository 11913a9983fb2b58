/// dx[window p, k] += Σ_n dy[p, n] · W[k, n] for every window p: the gradient that reaches a layer's input.
///
/// Windows overlap, so the sums of a tile are added to memory pixel by pixel, in order; one image is never split.
/// dx may have a border for padding: what falls there is of no use and is ignored by its reader.
public struct WindowScatter: ParallelWork {
    let layer: WindowLayer
    let images: Int
    let outputGradient: UnsafePointer<Float>
    let packed: UnsafePointer<Float>
    let inputGradient: UnsafeMutablePointer<Float>

    /// - Parameters:
    ///   - packed: what `ScatterPacking` wrote.
    ///   - inputGradient: first window of the first image; added to.
    public init(layer: WindowLayer, images: Int, outputGradient: UnsafePointer<Float>, packed: UnsafePointer<Float>,
                inputGradient: UnsafeMutablePointer<Float>) {
        self.layer = layer
        self.images = images
        self.outputGradient = outputGradient
        self.packed = packed
        self.inputGradient = inputGradient
    }

    /// Windows that do not overlap within the memory (a linear layer) may be split by panels.
    private var splitsPanels: Bool {
        layer.runOffsets.count == 1 && layer.geometry.rows == 1 && images == 1
            && layer.geometry.columnStep >= layer.geometry.runLength
    }

    public var partCount: Int { splitsPanels ? layer.runCover.panels.count : min(images, 32) }

    public func run(part: Int) {
        let all = layer.runCover.panels
        if splitsPanels {
            withPanel(width: all[part].width, Windows(scatter: self, images: 0 ..< images, run: 0, panel: all[part]))
            return
        }
        let mine = range(of: part, parts: partCount, count: images)
        for run in 0 ..< layer.runOffsets.count {
            for panel in all { withPanel(width: panel.width, Windows(scatter: self, images: mine, run: run, panel: panel)) }
        }
    }

    /// One panel of one run, for all windows of some images.
    private struct Windows: PanelBody {
        let scatter: WindowScatter
        let images: Range<Int>
        let run: Int
        let panel: PanelCover.Entry

        @inline(__always)
        func apply<P: Panel>(_ type: P.Type) {
            let layer = scatter.layer, geometry = layer.geometry
            let offset = layer.runOffsets.base[run] &+ panel.first
            for image in images {
                for y in 0 ..< geometry.rows {
                    var dy = scatter.outputGradient + image &* layer.outputImageStep + y &* layer.outputRowStep
                    var dx = scatter.inputGradient + image &* geometry.imageStep + y &* geometry.rowStep + offset
                    var left = geometry.columns
                    while TileLimits.pixels >= 8, left >= 8 { step(Tile8<P>.self, &dy, &dx, &left) }
                    while left >= 4 { step(Tile4<P>.self, &dy, &dx, &left) }
                    if left >= 2 { step(Tile2<P>.self, &dy, &dx, &left) }
                    if left >= 1 { step(Tile1<P>.self, &dy, &dx, &left) }
                }
            }
        }

        @inline(__always)
        private func step<T: Tile>(_ type: T.Type, _ dy: inout UnsafePointer<Float>,
                                   _ dx: inout UnsafeMutablePointer<Float>, _ left: inout Int) {
            tile(type, dy, dx)
            dy += T.pixels &* scatter.layer.outputColumnStep
            dx += T.pixels &* scatter.layer.geometry.columnStep
            left &-= T.pixels
        }

        @inline(never)
        private func tile<T: Tile>(_ type: T.Type, _ dy: UnsafePointer<Float>, _ dx: UnsafeMutablePointer<Float>) {
            let layer = scatter.layer
            let outputStep = layer.outputColumnStep, columnStep = layer.geometry.columnStep, count = panel.count
            var w = scatter.packed + run &* layer.outputs &* layer.runCover.width + layer.outputs &* panel.first
            var sums = T()
            var element = dy
            for _ in 0 ..< layer.outputs {
                sums.accumulate(element, step: outputStep, T.P(reading: w))
                w += T.P.width
                element += 1
            }
            sums.forEach(from: 0) { pixel, sum in
                let target = dx + pixel &* columnStep
                var sum = sum
                sum.add(T.P(reading: target))
                sum.write(to: target, first: count)
            }
        }
    }
}
