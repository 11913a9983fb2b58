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
    /// Many rows are split by rows, so that a part reads each panel once; a single one by panels.
    private var splitsRows: Bool { rowCount >= 4 }

    public var partCount: Int { splitsRows ? min(rowCount, 32) : layer.outputCover.panels.count }

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
            for row in rows {
                let (image, y) = row.quotientAndRemainder(dividingBy: geometry.rows)
                var x = product.input + image &* geometry.imageStep + y &* geometry.rowStep
                var out = product.output + image &* layer.outputImageStep + y &* layer.outputRowStep + panel.first
                var left = geometry.columns
                while TileLimits.pixels >= 8, left >= 8 { step(Tile8<P>.self, &x, &out, &left) }
                while left >= 4 { step(Tile4<P>.self, &x, &out, &left) }
                if left >= 2 { step(Tile2<P>.self, &x, &out, &left) }
                if left >= 1 { step(Tile1<P>.self, &x, &out, &left) }
            }
        }

        @inline(__always)
        private func step<T: Tile>(_ type: T.Type, _ x: inout UnsafePointer<Float>,
                                   _ out: inout UnsafeMutablePointer<Float>, _ left: inout Int) {
            tile(type, x, out)
            x += T.pixels &* product.layer.geometry.columnStep
            out += T.pixels &* product.layer.outputColumnStep
            left &-= T.pixels
        }

        @inline(never)
        private func tile<T: Tile>(_ type: T.Type, _ x: UnsafePointer<Float>, _ out: UnsafeMutablePointer<Float>) {
            let geometry = product.layer.geometry
            let columnStep = geometry.columnStep, runLength = geometry.runLength
            var w = product.packed + panel.first &* geometry.windowLength
            var sums = T()
            let runs = product.layer.runOffsets.base
            for run in 0 ..< product.layer.runOffsets.count {
                var element = x + runs[run]
                for _ in 0 ..< runLength {
                    sums.accumulate(element, step: columnStep, T.P(reading: w))
                    w += T.P.width
                    element += 1
                }
            }
            var bias = T.P()
            if let b = product.bias { bias = T.P(reading: b + panel.first) }
            let relu = product.relu, count = panel.count, outputStep = product.layer.outputColumnStep
            sums.forEach(from: 0) { pixel, sum in
                var sum = sum
                sum.add(bias)
                if relu { sum.clampNegative() }
                sum.write(to: out + pixel &* outputStep, first: count)
            }
        }
    }
}
