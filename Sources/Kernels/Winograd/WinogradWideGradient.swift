// The weights' gradient of a wide layer. Its sums, 36 · C · N floats, are too many for every part to have its own, so
// the work is split the other way: all tiles of a chunk are transformed into shared memory, then each pair of points
// adds its product to its own sums.

extension WinogradLayer {
    /// Whether the sums of `gradientParts` parts would take more than twelve megabytes.
    var isWide: Bool { Self.gradientParts * Self.points * weightStep > 3 << 20 }

    /// Tiles of a chunk: enough to make up for reading and writing the sums.
    static let chunkTiles = 128
}

/// Some tiles of a batch in shared memory.
struct WinogradChunk {
    let gradient: WinogradGradient
    let weights: WinogradGradient.Weights
    let tiles: Range<Int>

    var layer: WinogradLayer { gradient.layer }
    var inputs: WinogradLayer.Points { layer.chunkInputs(weights.scratch) }
    var outputs: WinogradLayer.Points { layer.chunkOutputs(weights.scratch) }
}

/// Transforms inputs and output gradients of a chunk.
struct ChunkTransforms: ParallelWork {
    let chunk: WinogradChunk

    var partCount: Int { WinogradLayer.gradientParts }

    func run(part: Int) {
        let layer = chunk.layer, first = chunk.tiles.lowerBound
        let mine = range(of: part, parts: partCount, count: chunk.tiles.count)
        let tiles = first &+ mine.lowerBound ..< first &+ mine.upperBound
        let scratch = WinogradLayer.Scratch()
        let bias = layer.biasSums(chunk.weights.scratch, part: part)
        if first == 0 { bias.update(repeating: 0, count: layer.outputCover.width) }
        layer.transformInputs(chunk.gradient.input, tiles, into: chunk.inputs.from(mine.lowerBound), scratch: scratch)
        chunk.gradient.transformOutputs(tiles, into: chunk.outputs.from(mine.lowerBound), bias: bias, scratch: scratch)
    }
}

/// Adds a chunk's product for each pair of points.
struct ChunkProducts: ParallelWork {
    let chunk: WinogradChunk

    var partCount: Int { WinogradLayer.points }

    func run(part: Int) {
        chunk.layer.addProducts(part, tiles: chunk.tiles.count, chunk.inputs, chunk.outputs,
                                to: chunk.layer.weightSums(chunk.weights.scratch, part: 0),
                                isFirst: chunk.tiles.lowerBound == 0)
    }
}

extension WinogradLayer {
    /// Adds x̂ᵀ · dŷ [channels, outputs] of one pair of points to its sums.
    func addProducts(_ point: Int, tiles: Int, _ inputs: Points, _ outputs: Points, to sums: UnsafeMutablePointer<Float>,
                     isFirst: Bool) {
        for panel in outputCover.panels {
            let target = sums + point &* weightStep + panel.first
            withPanel(width: panel.width, GradientSums(
                windows: inputs.base + point &* inputs.step, rowLength: inputs.tileStep, count: tiles,
                elements: channels, dy: outputs.base + point &* outputs.step + panel.first, step: outputs.tileStep,
                target: target, biasTarget: target, biasElement: -1, outputs: outputCover.width, channels: panel.width,
                isFirst: isFirst))
        }
    }
}
