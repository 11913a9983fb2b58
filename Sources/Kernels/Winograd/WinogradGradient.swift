/// The gradients of a convolution by minimal filtering: of its input, and of its weights and bias.
public struct WinogradGradient {
    let layer: WinogradLayer
    let images: Int
    let input: UnsafePointer<Float>
    let outputGradient: UnsafePointer<Float>
    let transposed: UnsafePointer<Float>?
    let inputGradient: UnsafeMutablePointer<Float>?
    let weights: Weights?

    /// Where the gradient of the weights goes.
    public struct Weights {
        /// [r, r, C, N]; overwritten.
        var gradient: UnsafeMutablePointer<Float>
        /// [N]; overwritten; nil if there is no bias.
        var bias: UnsafeMutablePointer<Float>?
        /// `layer.gradientCount` floats for sums on the way.
        var scratch: UnsafeMutablePointer<Float>

        public init(gradient: UnsafeMutablePointer<Float>, bias: UnsafeMutablePointer<Float>?,
                    scratch: UnsafeMutablePointer<Float>) {
            self.gradient = gradient
            self.bias = bias
            self.scratch = scratch
        }
    }

    /// - Parameters:
    ///   - input: first window of the first image.
    ///   - transposed: what `WinogradTransposition` wrote; needed for the input gradient.
    ///   - inputGradient: first window of the first image, added to; nil if it is not wanted.
    ///   - weights: nil if their gradient is not wanted.
    public init(layer: WinogradLayer, images: Int, input: UnsafePointer<Float>, outputGradient: UnsafePointer<Float>,
                transposed: UnsafePointer<Float>?, inputGradient: UnsafeMutablePointer<Float>?, weights: Weights?) {
        self.layer = layer
        self.images = images
        self.input = input
        self.outputGradient = outputGradient
        self.transposed = transposed
        self.inputGradient = inputGradient
        self.weights = weights
    }

    public func run(on pool: ThreadPool) {
        if inputGradient != nil || weights != nil && !layer.isWide { pool.run(TileGradients(gradient: self)) }
        guard let weights else { return }
        if layer.isWide {
            let tiles = images &* layer.tilesPerImage
            for first in stride(from: 0, to: tiles, by: WinogradLayer.chunkTiles) {
                let chunk = WinogradChunk(gradient: self, weights: weights,
                                          tiles: first ..< min(tiles, first &+ WinogradLayer.chunkTiles))
                pool.run(ChunkTransforms(chunk: chunk))
                pool.run(ChunkProducts(chunk: chunk))
            }
        }
        pool.run(WinogradReduction(gradient: self, weights: weights))
    }

    /// Parts that take whole images, each with sums of its own for the bias and, in narrow layers, for the weights.
    var imageParts: Int {
        max(1, min(images, WinogradLayer.gradientParts, images &* layer.tilesPerImage / layer.leastTiles))
    }

    /// A dy Aᵀ of some tiles; their sums are added to `bias`.
    func transformOutputs(_ tiles: Range<Int>, into target: WinogradLayer.Points, bias: UnsafeMutablePointer<Float>,
                          scratch: WinogradLayer.Scratch) {
        if layer.kernel == 3 {
            transform(Kernel3.OutputAdjoint.self, tiles, target, bias, scratch)
        } else {
            transform(Kernel5.OutputAdjoint.self, tiles, target, bias, scratch)
        }
    }

    private func transform<L: AxisTransform>(_ type: L.Type, _ tiles: Range<Int>, _ target: WinogradLayer.Points,
                                             _ bias: UnsafeMutablePointer<Float>, _ scratch: WinogradLayer.Scratch) {
        let windows = layer.windows
        for number in tiles {
            let (offset, rows, columns) = layer.output(layer.tile(number))
            let source = UnsafeMutablePointer(mutating: outputGradient + offset)
            forEachVector(layer.outputs, ReadOutputGradient<L>(
                x: TileView(base: source, rowStep: windows.outputRowStep, columnStep: windows.outputColumnStep),
                rows: rows, columns: columns, y: target.tile(number &- tiles.lowerBound), biasGradient: bias,
                scratch: scratch))
        }
    }
}

/// Input gradient and, in narrow layers, the weights' sums, block by block: both need the output gradient's transform.
private struct TileGradients: ParallelWork {
    let gradient: WinogradGradient

    var partCount: Int { gradient.imageParts }

    func run(part: Int) {
        let layer = gradient.layer
        let mine = range(of: part, parts: partCount, count: gradient.images)
        let first = mine.lowerBound &* layer.tilesPerImage, end = mine.upperBound &* layer.tilesPerImage
        let block = WinogradLayer.Block(layer)
        let weights = layer.isWide ? nil : gradient.weights
        // Where the bias's sums are not wanted, they go where nobody reads them.
        let bias = weights.map { layer.biasSums($0.scratch, part: part) } ?? block.unused
        bias.update(repeating: 0, count: layer.outputCover.width)
        for start in stride(from: first, to: end, by: layer.blockTiles) {
            let tiles = start ..< min(end, start &+ layer.blockTiles)
            gradient.transformOutputs(tiles, into: block.outputs, bias: bias, scratch: block.scratch)
            if let weights {
                layer.transformInputs(gradient.input, tiles, into: block.inputs, scratch: block.scratch)
                for point in 0 ..< WinogradLayer.points {
                    layer.addProducts(point, tiles: tiles.count, block.inputs, block.outputs,
                                      to: layer.weightSums(weights.scratch, part: part), isFirst: start == first)
                }
            }
            if let inputGradient = gradient.inputGradient, let transposed = gradient.transposed {
                layer.multiply(block.outputs, length: layer.outputs, by: transposed, weightStep: layer.transposedWeightStep,
                               panels: layer.channelCover, tiles: tiles.count, into: block.inputs)
                scatter(tiles, block, inputGradient)
            }
        }
    }

    private func scatter(_ tiles: Range<Int>, _ block: WinogradLayer.Block, _ target: UnsafeMutablePointer<Float>) {
        let layer = gradient.layer, geometry = layer.windows.geometry
        for number in tiles {
            let (offset, rows, columns) = layer.input(layer.tile(number))
            forEachVector(layer.channels, AddInputGradient(
                x: block.inputs.tile(number &- tiles.lowerBound),
                y: TileView(base: target + offset, rowStep: geometry.rowStep, columnStep: geometry.columnStep),
                rows: rows, columns: columns, scratch: block.scratch))
        }
    }
}
