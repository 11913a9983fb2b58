/// A convolution's output, y = x ⋆ W + b, by minimal filtering.
public struct WinogradProduct: ParallelWork {
    let layer: WinogradLayer
    let images: Int
    let input: UnsafePointer<Float>
    let packed: UnsafePointer<Float>
    let bias: UnsafePointer<Float>?
    let output: UnsafeMutablePointer<Float>
    let relu: Bool

    /// - Parameters:
    ///   - input: first window of the first image.
    ///   - packed: what `WinogradPacking` wrote.
    ///   - bias: [N], or nil.
    ///   - relu: whether max(·, 0) is taken before the store.
    public init(layer: WinogradLayer, images: Int, input: UnsafePointer<Float>, packed: UnsafePointer<Float>,
                bias: UnsafePointer<Float>?, output: UnsafeMutablePointer<Float>, relu: Bool = false) {
        self.layer = layer
        self.images = images
        self.input = input
        self.packed = packed
        self.bias = bias
        self.output = output
        self.relu = relu
    }

    private var units: Int { (images &* layer.tilesPerImage &+ WinogradLayer.leastTiles &- 1) / WinogradLayer.leastTiles }

    public var partCount: Int { min(units, 32) }

    public func run(part: Int) {
        let mine = range(of: part, parts: partCount, count: units)
        let end = min(images &* layer.tilesPerImage, mine.upperBound &* WinogradLayer.leastTiles)
        guard let block = WinogradLayer.Block(layer) else { return }
        for first in stride(from: mine.lowerBound &* WinogradLayer.leastTiles, to: end, by: block.tiles) {
            let tiles = first ..< min(end, first &+ block.tiles)
            layer.transformInputs(input, tiles, into: block.inputs, scratch: block.scratch)
            for panel in layer.outputCover.panels {
                layer.multiply(block.inputs, depth: layer.channels, by: packed, panel: panel, tiles: tiles.count,
                               into: block.panel)
                writeOutputs(tiles, panel, from: block.panel, scratch: block.scratch)
            }
        }
    }

    /// Aᵀ m A of a panel of some tiles, the first of which is the first of `products`.
    func writeOutputs(_ tiles: Range<Int>, _ panel: PanelCover.Entry, from products: WinogradLayer.Points,
                      scratch: WinogradLayer.Scratch) {
        withFilter(kernel: layer.kernel,
                   Outputs(product: self, tiles: tiles, panel: panel, products: products, scratch: scratch))
    }

    private struct Outputs: FilterBody {
        let product: WinogradProduct
        let tiles: Range<Int>
        let panel: PanelCover.Entry
        let products: WinogradLayer.Points
        let scratch: WinogradLayer.Scratch

        func apply<F: MinimalFilter>(_ type: F.Type) {
            let layer = product.layer, windows = layer.windows
            let output = product.output + panel.first, bias = product.bias.map { $0 + panel.first }
            for number in tiles {
                let (offset, rows, columns) = layer.output(layer.tile(number))
                forEachVector(panel.count, WriteOutputs<F.Output>(
                    x: products.tile(number &- tiles.lowerBound),
                    y: TileView(base: output + offset, rowStep: windows.outputRowStep,
                                columnStep: windows.outputColumnStep),
                    rows: rows, columns: columns, bias: bias, relu: product.relu, scratch: scratch))
            }
        }
    }
}

extension WinogradLayer {
    /// Bᵀ x B of some tiles' inputs.
    func transformInputs(_ images: UnsafePointer<Float>, _ tiles: Range<Int>, into target: Points, scratch: Scratch) {
        touch(images, tiles, scratch)
        withFilter(kernel: kernel, Inputs(layer: self, images: images, tiles: tiles, target: target, scratch: scratch))
    }

    private struct Inputs: FilterBody {
        let layer: WinogradLayer
        let images: UnsafePointer<Float>
        let tiles: Range<Int>
        let target: Points
        let scratch: Scratch

        func apply<F: MinimalFilter>(_ type: F.Type) {
            let geometry = layer.windows.geometry
            for number in tiles {
                layer.prefetchInputs(images, of: number &+ 1)
                let (offset, rows, columns) = layer.input(layer.tile(number))
                let source = UnsafeMutablePointer(mutating: images + offset)
                forEachVector(layer.channels, ReadInputs<F.Input>(
                    x: TileView(base: source, rowStep: geometry.rowStep, columnStep: geometry.columnStep),
                    rows: rows, columns: columns, y: target.tile(number &- tiles.lowerBound), scratch: scratch))
            }
        }
    }

    /// Reads one float of each line from the first tile to the last, in order: the processor then fetches ahead, which it
    /// does not for a tile's rows at once (measured: a sixth of LeNet's second convolution).
    private func touch(_ images: UnsafePointer<Float>, _ tiles: Range<Int>, _ scratch: Scratch) {
        guard let last = tiles.last else { return }
        let first = images + input(tile(tiles.lowerBound)).offset
        let count = images + input(tile(last)).offset - first
        var sum = Vector()
        for i in stride(from: 0, to: count, by: 16) { sum += Vector(reading: first + i) }
        sum.write(to: scratch.before)
    }

    /// For each pair of points: `depth` channels of every tile times a panel of weights.
    func multiply(_ source: Points, depth: Int, by weights: UnsafePointer<Float>, panel: PanelCover.Entry, tiles: Int,
                  into target: Points) {
        withPanel(width: panel.width, PointProducts(
            weights: weights + self.weights(panel, point: 0, depth: depth), points: 0 ..< points, depth: depth,
            tiles: tiles, x: source, out: target, wholeRow: wholeRow.base))
    }
}

/// One panel of the products for some pairs of points.
struct PointProducts: PanelBody {
    /// Of the first pair: [depth, width].
    let weights: UnsafePointer<Float>
    let points: Range<Int>
    let depth: Int
    let tiles: Int
    let x: WinogradLayer.Points
    let out: WinogradLayer.Points
    let wholeRow: UnsafePointer<Int>

    @inline(__always)
    func apply<P: Panel>(_ type: P.Type) {
        var weights = weights
        for point in points {
            let sums = ProductSums(
                weights: weights, runs: wholeRow, runCount: 1, runLength: depth, columnStep: x.tileStep, bias: nil,
                relu: false, outputStep: out.tileStep, channels: P.width)
            forEachTile(of: type, count: tiles, ProductSums.Row(sums: sums, x: x.base + point &* x.step,
                                                                out: out.base + point &* out.step))
            weights += depth &* P.width
        }
    }
}
