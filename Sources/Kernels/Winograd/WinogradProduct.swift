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

    private var units: Int { (images &* layer.tilesPerImage &+ layer.leastTiles &- 1) / layer.leastTiles }

    public var partCount: Int { min(units, 32) }

    public func run(part: Int) {
        let mine = range(of: part, parts: partCount, count: units)
        let end = min(images &* layer.tilesPerImage, mine.upperBound &* layer.leastTiles)
        let block = WinogradLayer.Block(layer)
        for first in stride(from: mine.lowerBound &* layer.leastTiles, to: end, by: layer.blockTiles) {
            let tiles = first ..< min(end, first &+ layer.blockTiles)
            layer.transformInputs(input, tiles, into: block.inputs, scratch: block.scratch)
            layer.multiply(block.inputs, length: layer.channels, by: packed, weightStep: layer.weightStep,
                           panels: layer.outputCover, tiles: tiles.count, into: block.outputs)
            if layer.kernel == 3 {
                write(Kernel3.Output.self, tiles, block)
            } else {
                write(Kernel5.Output.self, tiles, block)
            }
        }
    }

    private func write<L: AxisTransform>(_ type: L.Type, _ tiles: Range<Int>, _ block: WinogradLayer.Block) {
        let windows = layer.windows
        for number in tiles {
            let (offset, rows, columns) = layer.output(layer.tile(number))
            forEachVector(layer.outputs, WriteOutputs<L>(
                x: block.outputs.tile(number &- tiles.lowerBound),
                y: TileView(base: output + offset, rowStep: windows.outputRowStep, columnStep: windows.outputColumnStep),
                rows: rows, columns: columns, bias: bias, relu: relu, scratch: block.scratch))
        }
    }
}

extension WinogradLayer {
    /// Bᵀ x B of some tiles' inputs.
    func transformInputs(_ images: UnsafePointer<Float>, _ tiles: Range<Int>, into target: Points, scratch: Scratch) {
        touch(images, tiles, scratch)
        for number in tiles {
            let (offset, rows, columns) = input(tile(number))
            let source = UnsafeMutablePointer(mutating: images + offset)
            forEachVector(channels, ReadInputs(
                x: TileView(base: source, rowStep: windows.geometry.rowStep, columnStep: windows.geometry.columnStep),
                rows: rows, columns: columns, y: target.tile(number &- tiles.lowerBound), scratch: scratch))
        }
    }

    /// Reads one float of each line from the first tile to the last, in order: the processor then fetches ahead, which it
    /// does not for six rows at once (measured: a sixth of LeNet's second convolution).
    private func touch(_ images: UnsafePointer<Float>, _ tiles: Range<Int>, _ scratch: Scratch) {
        guard let last = tiles.last else { return }
        let first = images + input(tile(tiles.lowerBound)).offset
        let count = images + input(tile(last)).offset - first
        var sum = Vector()
        for i in stride(from: 0, to: count, by: 16) { sum += Vector(reading: first + i) }
        sum.write(to: scratch.before)
    }

    /// For each pair of points: `length` channels of every tile times weights, into the channels of `panels`.
    func multiply(_ source: Points, length: Int, by weights: UnsafePointer<Float>, weightStep: Int, panels: PanelCover,
                  tiles: Int, into target: Points) {
        for point in 0 ..< Self.points {
            for panel in panels.panels {
                withPanel(width: panel.width, PointProduct(
                    sums: ProductSums(
                        weights: weights + point &* weightStep + panel.first &* length, runs: wholeRow.base, runCount: 1,
                        runLength: length, columnStep: source.tileStep, bias: nil, relu: false,
                        outputStep: target.tileStep, channels: panel.width),
                    tiles: tiles, x: source.base + point &* source.step,
                    out: target.base + point &* target.step + panel.first))
            }
        }
    }
}

/// One panel of the product for one pair of points.
private struct PointProduct: PanelBody {
    let sums: ProductSums
    let tiles: Int
    let x: UnsafePointer<Float>
    let out: UnsafeMutablePointer<Float>

    @inline(__always)
    func apply<P: Panel>(_ type: P.Type) {
        forEachTile(of: type, count: tiles, ProductSums.Row(sums: sums, x: x, out: out))
    }
}
