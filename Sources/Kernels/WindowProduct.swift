/// y[p, n] = Σ_k x[window p, k] · W[k, n] + b[n] for every window p: a convolution's or linear layer's output.
public struct WindowProduct: ParallelWork {
    let layer: WindowLayer
    let images: Int
    let input: UnsafePointer<Float>
    let packed: UnsafePointer<Float>
    let bias: UnsafePointer<Float>?
    let output: UnsafeMutablePointer<Float>
    /// Whether max(·, 0) is taken before the store.
    let relu: Bool

    /// - Parameters:
    ///   - input: first window of the first image.
    ///   - packed: what `ProductPacking` wrote.
    ///   - bias: [N], or nil.
    public init(layer: WindowLayer, images: Int, input: UnsafePointer<Float>, packed: UnsafePointer<Float>,
                bias: UnsafePointer<Float>?, output: UnsafeMutablePointer<Float>, relu: Bool = false) {
        self.layer = layer
        self.images = images
        self.input = input
        self.packed = packed
        self.bias = bias
        self.output = output
        self.relu = relu
    }

    private var rowCount: Int { images &* layer.geometry.rows }
    /// Split by rows, every part reads all weights; by panels, every part reads all rows. Few rows are split by panels where
    /// the weights would not stay in a core's cache.
    private var splitsRows: Bool {
        rowCount >= 64 || rowCount >= 4 && layer.productWeightCount <= Self.cachedWeights
    }
    private static let cachedWeights = 1 << 16

    /// Rows that a part has at least: two where they share tiles.
    private var rowsTogether: Int { rowCount > 1 && layer.geometry.columns < TileLimits.pixels(vectors: 2) ? 2 : 1 }

    public var partCount: Int { splitsRows ? min(rowCount / rowsTogether, 32) : layer.outputCover.panels.count }

    public func run(part: Int) {
        let rows = splitsRows ? range(of: part, parts: partCount, count: rowCount) : 0 ..< rowCount
        let all = layer.outputCover.panels
        for index in splitsRows ? 0 ..< all.count : part ..< part &+ 1 {
            withPanel(width: all[index].width, Rows(product: self, rows: rows, panel: all[index]))
        }
    }

    /// One panel of outputs for a range of rows.
    private struct Rows: PanelBody {
        let product: WindowProduct
        let rows: Range<Int>
        let panel: PanelCover.Entry

        @inline(__always)
        func apply<P: Panel>(_ type: P.Type) {
            let layer = product.layer, geometry = layer.geometry
            let sums = ProductSums(
                weights: product.packed + panel.first &* geometry.windowLength, runs: layer.runOffsets.base,
                runCount: layer.runOffsets.count, runLength: geometry.runLength, columnStep: geometry.columnStep,
                bias: product.bias.map { $0 + panel.first }, relu: product.relu, outputStep: layer.outputColumnStep,
                channels: panel.count)
            // Rows too short for a whole tile are taken in pairs.
            var row = rows.lowerBound
            if geometry.columns < TileLimits.pixels(vectors: P.vectors) {
                while row &+ 2 <= rows.upperBound {
                    let (x, out) = place(row), (nextX, nextOut) = place(row &+ 1)
                    forEachTile(of: type, count: geometry.columns, rows: 2,
                                ProductSums.RowPair(sums: sums, x: x, out: out, xStep: nextX - x, outStep: nextOut - out))
                    row &+= 2
                }
            }
            while row < rows.upperBound {
                let (x, out) = place(row)
                forEachTile(of: type, count: geometry.columns, ProductSums.Row(sums: sums, x: x, out: out))
                row &+= 1
            }
        }

        /// Where a row of the batch has its windows and its outputs.
        @inline(__always)
        private func place(_ row: Int) -> (UnsafePointer<Float>, UnsafeMutablePointer<Float>) {
            let layer = product.layer, geometry = layer.geometry
            let (image, y) = row.quotientAndRemainder(dividingBy: geometry.rows)
            return (product.input + (image &* geometry.imageStep &+ y &* geometry.rowStep),
                    product.output + (image &* layer.outputImageStep &+ y &* layer.outputRowStep &+ panel.first))
        }
    }
}

/// Sums over the windows of neighbouring pixels. Plain numbers and addresses: a tile that held objects would count
/// references.
struct ProductSums {
    /// [K, panel width]
    let weights: UnsafePointer<Float>
    let runs: UnsafePointer<Int>
    let runCount: Int
    let runLength: Int
    let columnStep: Int
    /// Of the panel's channels.
    let bias: UnsafePointer<Float>?
    let relu: Bool
    let outputStep: Int
    let channels: Int

    /// A row of windows and its outputs.
    struct Row: TileBody {
        let sums: ProductSums
        let x: UnsafePointer<Float>
        let out: UnsafeMutablePointer<Float>

        @inline(__always)
        func apply<T: Tile>(_ type: T.Type, at pixel: Int) {
            sums.tile(type, x + pixel &* sums.columnStep, out + pixel &* sums.outputStep)
        }
    }

    /// Two rows of windows and their outputs.
    struct RowPair: TileBody {
        let sums: ProductSums
        let x: UnsafePointer<Float>
        let out: UnsafeMutablePointer<Float>
        /// Floats from row to row.
        let xStep: Int
        let outStep: Int

        @inline(__always)
        func apply<T: Tile>(_ type: T.Type, at pixel: Int) {
            sums.tiles(type, x + pixel &* sums.columnStep, xStep, out + pixel &* sums.outputStep, outStep)
        }
    }

    @inline(never)
    private func tile<T: Tile>(_ type: T.Type, _ x: UnsafePointer<Float>, _ out: UnsafeMutablePointer<Float>) {
        var w = weights
        var sums = T()
        for run in 0 ..< runCount {
            var element = x + runs[run]
            for _ in 0 ..< runLength {
                sums.accumulate(element, step: columnStep, T.P(reading: w))
                w += T.P.width
                element += 1
            }
        }
        sums.give(from: 0, to: Output(sums: self, out: out))
    }

    /// Two tiles that share each panel of weights.
    @inline(never)
    private func tiles<T: Tile>(_ type: T.Type, _ x: UnsafePointer<Float>, _ xStep: Int, _ out: UnsafeMutablePointer<Float>,
                                _ outStep: Int) {
        var w = weights
        var sums = T(), next = T()
        for run in 0 ..< runCount {
            var element = x + runs[run]
            for _ in 0 ..< runLength {
                let panel = T.P(reading: w)
                sums.accumulate(element, step: columnStep, panel)
                next.accumulate(element + xStep, step: columnStep, panel)
                w += T.P.width
                element += 1
            }
        }
        sums.give(from: 0, to: Output(sums: self, out: out))
        next.give(from: 0, to: Output(sums: self, out: out + outStep))
    }

    /// Adds the bias, cuts off below 0, and stores.
    private struct Output: PanelTarget {
        let sums: ProductSums
        let out: UnsafeMutablePointer<Float>

        @inline(__always)
        func take<P: Panel>(_ pixel: Int, _ panel: P) {
            var sum = panel
            if let bias = sums.bias { sum.add(P(reading: bias)) }
            if sums.relu { sum.clampNegative() }
            sum.write(to: out + pixel &* sums.outputStep, first: sums.channels)
        }
    }
}
