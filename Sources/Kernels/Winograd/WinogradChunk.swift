/// Some of a batch's tiles, transformed, in memory that all threads share.
struct WinogradChunk {
    let gradient: WinogradGradient
    /// Counted over the batch.
    let tiles: Range<Int>

    /// Tiles of a chunk: enough to make up for reading and writing the weights' sums.
    static let tiles = 128

    var layer: WinogradLayer { gradient.layer }
    var inputs: WinogradLayer.Points { layer.chunkInputs(gradient.scratch) }
    var outputs: WinogradLayer.Points { layer.chunkOutputs(gradient.scratch) }
}

extension WinogradLayer {
    // A chunk's tiles lie [point][tile][width]: what one pair of points reads lies side by side. A line is left between
    // tiles, and between points: they must not share a set of the cache.

    private func chunkTileStep(_ cover: PanelCover) -> Int { cover.width &+ 16 }
    private func chunkStep(_ cover: PanelCover) -> Int { WinogradChunk.tiles &* chunkTileStep(cover) &+ 16 }
    private func chunkCount(_ cover: PanelCover) -> Int { points &* chunkStep(cover) }

    private func points(_ base: UnsafeMutablePointer<Float>, _ cover: PanelCover) -> Points {
        Points(base: base, side: pointSide, step: chunkStep(cover), tileStep: chunkTileStep(cover))
    }

    /// A batch's tiles, chunk by chunk.
    func chunks(images: Int) -> some Sequence<Range<Int>> {
        let tiles = images &* tilesPerImage
        return stride(from: 0, to: tiles, by: WinogradChunk.tiles).lazy.map { $0 ..< min(tiles, $0 &+ WinogradChunk.tiles) }
    }

    /// Parts in which a chunk is transformed, each with sums of its own for the bias.
    static let transformParts = 16

    /// A part of a chunk's tiles, and its first one's place in the chunk.
    static func transformed(_ part: Int, of chunk: Range<Int>) -> (tiles: Range<Int>, first: Int) {
        let own = range(of: part, parts: transformParts, count: chunk.count)
        return (chunk.lowerBound &+ own.lowerBound ..< chunk.lowerBound &+ own.upperBound, own.lowerBound)
    }

    // The gradients' memory: a chunk's inputs and outputs, the sums of the bias and those of the weights.

    func chunkInputs(_ scratch: UnsafeMutablePointer<Float>) -> Points { points(scratch, channelCover) }

    func chunkOutputs(_ scratch: UnsafeMutablePointer<Float>) -> Points {
        points(scratch + chunkCount(channelCover), outputCover)
    }

    /// [width] for each of `transformParts`.
    func biasSums(_ scratch: UnsafeMutablePointer<Float>, part: Int) -> UnsafeMutablePointer<Float> {
        scratch + (chunkCount(channelCover) &+ chunkCount(outputCover) &+ part &* outputCover.width)
    }

    /// [point][channels, width]
    func weightSums(_ scratch: UnsafeMutablePointer<Float>) -> UnsafeMutablePointer<Float> {
        biasSums(scratch, part: Self.transformParts)
    }

    /// Floats from point to point there.
    var sumStep: Int { channels &* outputCover.width }

    /// Floats that gradients need on the way.
    public func gradientCount(ofWeights: Bool) -> Int {
        chunkCount(channelCover) + chunkCount(outputCover) + Self.transformParts * outputCover.width
            + (ofWeights ? points * sumStep : 0)
    }
}

/// Transforms inputs, where the weights' gradient asks for them, and output gradients of a chunk.
struct ChunkTransforms: ParallelWork {
    let chunk: WinogradChunk

    var partCount: Int { WinogradLayer.transformParts }

    func run(part: Int) {
        let layer = chunk.layer, gradient = chunk.gradient
        let (tiles, first) = WinogradLayer.transformed(part, of: chunk.tiles)
        guard let scratch = WinogradLayer.Scratch(layer) else { return }
        let bias = layer.biasSums(gradient.scratch, part: part)
        if chunk.tiles.lowerBound == 0 { bias.update(repeating: 0, count: layer.outputCover.width) }
        if gradient.toWeights != nil {
            layer.transformInputs(gradient.input, tiles, into: chunk.inputs.from(first), scratch: scratch)
        }
        withFilter(kernel: layer.kernel, OutputGradients(gradient: gradient, tiles: tiles,
                                                         target: chunk.outputs.from(first), bias: bias,
                                                         scratch: scratch))
    }

    /// A dy Aᵀ of some tiles; their sums are added to `bias`.
    private struct OutputGradients: FilterBody {
        let gradient: WinogradGradient
        let tiles: Range<Int>
        let target: WinogradLayer.Points
        let bias: UnsafeMutablePointer<Float>
        let scratch: WinogradLayer.Scratch

        func apply<F: MinimalFilter>(_ type: F.Type) {
            let layer = gradient.layer, windows = layer.windows
            for number in tiles {
                layer.prefetchOutputs(gradient.outputGradient, of: number &+ 1)
                let (offset, rows, columns) = layer.output(layer.tile(number))
                let source = UnsafeMutablePointer(mutating: gradient.outputGradient + offset)
                forEachVector(layer.outputs, ReadOutputGradient<F.OutputAdjoint>(
                    x: TileView(base: source, rowStep: windows.outputRowStep, columnStep: windows.outputColumnStep),
                    rows: rows, columns: columns, y: target.tile(number &- tiles.lowerBound), biasGradient: bias,
                    scratch: scratch))
            }
        }
    }
}

/// A chunk's products, one part for each pair of points: x̂ᵀ · dŷ [channels, outputs] is added to the weights' sums, then
/// dŷ · ŵᵀ [tiles, channels] overwrites x̂.
struct ChunkProducts: ParallelWork {
    let chunk: WinogradChunk

    var partCount: Int { chunk.layer.points }

    func run(part point: Int) {
        let layer = chunk.layer, gradient = chunk.gradient
        if gradient.toWeights != nil {
            addProducts(point, to: layer.weightSums(gradient.scratch) + point &* layer.sumStep)
        }
        guard let toInput = gradient.toInput else { return }
        for panel in layer.channelCover.panels {
            guard let weights = layer.transposedWeights(toInput.packed, panel, point: point) else { return }
            withPanel(width: panel.width, PointProducts(
                weights: weights, points: point ..< point &+ 1, depth: layer.outputs, tiles: chunk.tiles.count,
                x: chunk.outputs, out: chunk.inputs.moved(by: panel.first), wholeRow: layer.wholeRow.base))
        }
    }

    private func addProducts(_ point: Int, to sums: UnsafeMutablePointer<Float>) {
        let layer = chunk.layer, inputs = chunk.inputs, outputs = chunk.outputs
        for panel in layer.outputCover.panels {
            let target = sums + panel.first
            withPanel(width: panel.width, GradientSums(
                windows: inputs.base + point &* inputs.step, rowLength: inputs.tileStep, count: chunk.tiles.count,
                elements: layer.channels, dy: outputs.base + point &* outputs.step + panel.first, step: outputs.tileStep,
                target: target, biasTarget: target, biasElement: -1, outputs: layer.outputCover.width,
                channels: panel.width, isFirst: chunk.tiles.lowerBound == 0))
        }
    }
}

/// B x̂ Bᵀ of a chunk's transformed input gradients, added to the input gradient. Neighbouring tiles overlap, so a part
/// takes whole images, or where a chunk holds few of them, some of their channels.
struct ChunkScatter: ParallelWork {
    let chunk: WinogradChunk
    /// First window of the first image.
    let target: UnsafeMutablePointer<Float>

    private static let mostImageParts = 16
    private var firstImage: Int { chunk.tiles.lowerBound / chunk.layer.tilesPerImage }
    private var images: Int { (chunk.tiles.upperBound &- 1) / chunk.layer.tilesPerImage &- firstImage &+ 1 }
    private var imageParts: Int { min(images, Self.mostImageParts) }
    private var channelParts: Int { imageParts == Self.mostImageParts ? 1 : chunk.layer.channelGroups }

    var partCount: Int { imageParts &* channelParts }

    func run(part: Int) {
        let layer = chunk.layer
        let (imagePart, channelPart) = part.quotientAndRemainder(dividingBy: channelParts)
        let own = range(of: imagePart, parts: imageParts, count: images)
        let tiles = max(chunk.tiles.lowerBound, (firstImage &+ own.lowerBound) &* layer.tilesPerImage)
            ..< min(chunk.tiles.upperBound, (firstImage &+ own.upperBound) &* layer.tilesPerImage)
        let groups = range(of: channelPart, parts: channelParts, count: layer.channelGroups)
        let first = groups.lowerBound &* WinogradLayer.channelGroup
        withFilter(kernel: layer.kernel, Channels(
            scatter: self, tiles: tiles,
            channels: first ..< min(layer.channels, groups.upperBound &* WinogradLayer.channelGroup)))
    }

    private struct Channels: FilterBody {
        let scatter: ChunkScatter
        let tiles: Range<Int>
        let channels: Range<Int>

        func apply<F: MinimalFilter>(_ type: F.Type) {
            let layer = scatter.chunk.layer, geometry = layer.windows.geometry
            let source = scatter.chunk.inputs.from(tiles.lowerBound &- scatter.chunk.tiles.lowerBound)
            guard let scratch = WinogradLayer.Scratch(layer) else { return }
            for number in tiles {
                let (offset, rows, columns) = layer.input(layer.tile(number))
                forEachVector(channels.count, AddInputGradient<F.InputAdjoint>(
                    x: source.tile(number &- tiles.lowerBound).moved(by: channels.lowerBound),
                    y: TileView(base: scatter.target + (offset &+ channels.lowerBound), rowStep: geometry.rowStep,
                                columnStep: geometry.columnStep),
                    rows: rows, columns: columns, scratch: scratch))
            }
        }
    }
}

extension WinogradLayer {
    /// Channels that lie in one line of the cache at least.
    fileprivate static let channelGroup = 16
    fileprivate var channelGroups: Int { (channels &+ Self.channelGroup &- 1) / Self.channelGroup }
}
