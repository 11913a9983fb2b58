/// A convolution's output by minimal filtering, where the transformed weights outgrow the caches (`WinogradLayer.isWide`).
///
/// `WinogradProduct` gives each thread some tiles, for which it reads all weights. Here a chunk of the batch's tiles is
/// transformed into memory that all threads share, and they divide the pairs of points among them: the weights of each are
/// read once a chunk.
public struct WideWinogradProduct {
    let product: WinogradProduct
    let scratch: UnsafeMutablePointer<Float>

    /// - Parameter scratch: `layer.gradientCount(ofWeights: false)` floats, what the way back needs too.
    public init(_ product: WinogradProduct, scratch: UnsafeMutablePointer<Float>) {
        self.product = product
        self.scratch = scratch
    }

    public func run(on pool: ThreadPool) {
        let layer = product.layer
        for tiles in layer.chunks(images: product.images) {
            let chunk = Chunk(product: product, tiles: tiles, inputs: layer.chunkInputs(scratch),
                              outputs: layer.chunkOutputs(scratch))
            pool.run(InputTransforms(chunk: chunk))
            pool.run(Products(chunk: chunk))
            pool.run(OutputTransforms(chunk: chunk))
        }
    }

    fileprivate struct Chunk {
        let product: WinogradProduct
        /// Counted over the batch.
        let tiles: Range<Int>
        /// Transformed, and multiplied.
        let inputs: WinogradLayer.Points
        let outputs: WinogradLayer.Points
    }

    private struct InputTransforms: ParallelWork {
        let chunk: Chunk

        var partCount: Int { WinogradLayer.transformParts }

        func run(part: Int) {
            let layer = chunk.product.layer, (tiles, first) = WinogradLayer.transformed(part, of: chunk.tiles)
            guard let scratch = WinogradLayer.Scratch(layer) else { return }
            layer.transformInputs(chunk.product.input, tiles, into: chunk.inputs.from(first), scratch: scratch)
        }
    }

    /// One part for each pair of points: [tiles, channels] · [channels, outputs].
    private struct Products: ParallelWork {
        let chunk: Chunk

        var partCount: Int { chunk.product.layer.points }

        func run(part point: Int) {
            let layer = chunk.product.layer
            for panel in layer.outputCover.panels {
                withPanel(width: panel.width, PointProducts(
                    weights: chunk.product.packed + layer.weights(panel, point: point, depth: layer.channels),
                    points: point ..< point &+ 1, depth: layer.channels, tiles: chunk.tiles.count, x: chunk.inputs,
                    out: chunk.outputs.moved(by: panel.first), wholeRow: layer.wholeRow.base))
            }
        }
    }

    private struct OutputTransforms: ParallelWork {
        let chunk: Chunk

        var partCount: Int { WinogradLayer.transformParts }

        func run(part: Int) {
            let layer = chunk.product.layer, (tiles, first) = WinogradLayer.transformed(part, of: chunk.tiles)
            guard let scratch = WinogradLayer.Scratch(layer) else { return }
            let outputs = chunk.outputs.from(first)
            for panel in layer.outputCover.panels {
                chunk.product.writeOutputs(tiles, panel, from: outputs.moved(by: panel.first), scratch: scratch)
            }
        }
    }
}
