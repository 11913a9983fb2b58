/// dx[window p, k] += Σ_n dy[p, n] · W[k, n] for every window p: the gradient that reaches a layer's input.
///
/// Windows overlap, so the sums of a tile are added to memory; one image is never split. A tile takes the same window of
/// neighbouring images where there are enough of them: sums of neighbouring windows would wait for one another's stores.
/// Either way an image's sums are the same, and added in the same order.
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
            let layer = scatter.layer
            let sums = ScatterSums(
                weights: scatter.packed + run &* layer.outputs &* layer.runCover.width + layer.outputs &* panel.first,
                outputs: layer.outputs, elements: panel.count)
            let limit = TileLimits.pixels(vectors: P.vectors)
            var image = images.lowerBound
            while limit >= 16, image &+ 16 <= images.upperBound { across(Tile16<P>.self, sums, &image) }
            while limit >= 8, image &+ 8 <= images.upperBound { across(Tile8<P>.self, sums, &image) }
            while image &+ 4 <= images.upperBound { across(Tile4<P>.self, sums, &image) }
            while image < images.upperBound {
                along(P.self, sums, image)
                image &+= 1
            }
        }

        /// All windows of so many neighbouring images as the tile has pixels.
        @inline(__always)
        private func across<T: Tile>(_ type: T.Type, _ sums: ScatterSums, _ image: inout Int) {
            let layer = scatter.layer, geometry = layer.geometry
            for y in 0 ..< geometry.rows {
                var (dy, dx) = row(image, y)
                for _ in 0 ..< geometry.columns {
                    sums.tile(type, dy, layer.outputImageStep, dx, geometry.imageStep)
                    dy += layer.outputColumnStep
                    dx += geometry.columnStep
                }
            }
            image &+= T.pixels
        }

        /// All windows of one image.
        @inline(__always)
        private func along<P: Panel>(_ type: P.Type, _ sums: ScatterSums, _ image: Int) {
            let layer = scatter.layer
            for y in 0 ..< layer.geometry.rows {
                let (dy, dx) = row(image, y)
                forEachTile(of: type, count: layer.geometry.columns, ScatterSums.Row(
                    sums: sums, dy: dy, outputStep: layer.outputColumnStep, dx: dx, inputStep: layer.geometry.columnStep))
            }
        }

        /// Where a row of windows begins: its first output gradient, and its part of the input gradient.
        @inline(__always)
        private func row(_ image: Int, _ y: Int) -> (UnsafePointer<Float>, UnsafeMutablePointer<Float>) {
            let layer = scatter.layer, geometry = layer.geometry
            return (scatter.outputGradient + image &* layer.outputImageStep + y &* layer.outputRowStep,
                    scatter.inputGradient + image &* geometry.imageStep + y &* geometry.rowStep
                        + (layer.runOffsets.base[run] &+ panel.first))
        }
    }
}

/// Sums over the outputs of some windows. Plain numbers and addresses: a tile that held objects would count references.
private struct ScatterSums {
    /// [outputs, panel width]
    let weights: UnsafePointer<Float>
    let outputs: Int
    /// Of the run, within the panel.
    let elements: Int

    /// A row of windows, so far apart in the output gradient and the input gradient.
    struct Row: TileBody {
        let sums: ScatterSums
        let dy: UnsafePointer<Float>
        let outputStep: Int
        let dx: UnsafeMutablePointer<Float>
        let inputStep: Int

        @inline(__always)
        func apply<T: Tile>(_ type: T.Type, at pixel: Int) {
            sums.tile(type, dy + pixel &* outputStep, outputStep, dx + pixel &* inputStep, inputStep)
        }
    }

    @inline(never)
    func tile<T: Tile>(_ type: T.Type, _ dy: UnsafePointer<Float>, _ outputStep: Int,
                       _ dx: UnsafeMutablePointer<Float>, _ inputStep: Int) {
        var w = weights
        var sums = T()
        var element = dy
        for _ in 0 ..< outputs {
            sums.accumulate(element, step: outputStep, T.P(reading: w))
            w += T.P.width
            element += 1
        }
        sums.give(from: 0, to: Input(gradient: dx, step: inputStep, elements: elements))
    }

    /// Adds to the input gradient.
    private struct Input: PanelTarget {
        let gradient: UnsafeMutablePointer<Float>
        let step: Int
        let elements: Int

        @inline(__always)
        func take<P: Panel>(_ pixel: Int, _ panel: P) {
            let target = gradient + pixel &* step
            var sum = panel
            sum.add(P(reading: target))
            sum.write(to: target, first: elements)
        }
    }
}
