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
        let tiles = product.images &* product.layer.tilesPerImage
        for first in stride(from: 0, to: tiles, by: WinogradChunk.tiles) {
            let chunk = Chunk(product: product, tiles: first ..< min(tiles, first &+ WinogradChunk.tiles),
                              inputs: product.layer.chunkInputs(scratch), outputs: product.layer.chunkOutputs(scratch))
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

        /// Tiles of one part of the transforms: of the batch, and in the chunk from which on.
        func tiles(of part: Int) -> (Range<Int>, first: Int) {
            let own = range(of: part, parts: WinogradLayer.transformParts, count: tiles.count)
            return (tiles.lowerBound &+ own.lowerBound ..< tiles.lowerBound &+ own.upperBound, own.lowerBound)
        }
    }

    private struct InputTransforms: ParallelWork {
        let chunk: Chunk

        var partCount: Int { WinogradLayer.transformParts }

        func run(part: Int) {
            let layer = chunk.product.layer, (tiles, first) = chunk.tiles(of: part)
            layer.transformInputs(chunk.product.input, tiles, into: chunk.inputs.from(first),
                                  scratch: WinogradLayer.Scratch(layer))
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
            let layer = chunk.product.layer, (tiles, first) = chunk.tiles(of: part)
            let scratch = WinogradLayer.Scratch(layer), outputs = chunk.outputs.from(first)
            for panel in layer.outputCover.panels {
                chunk.product.writeOutputs(tiles, panel, from: outputs.moved(by: panel.first), scratch: scratch)
            }
        }
    }
}
