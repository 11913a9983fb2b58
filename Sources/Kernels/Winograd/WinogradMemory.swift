// Where transformed tiles lie while they are worked on.

extension WinogradLayer {
    /// Transformed tiles in memory.
    struct Points {
        let base: UnsafeMutablePointer<Float>
        /// Points along one axis; floats from point to point, and from tile to tile.
        let side: Int
        let step: Int
        let tileStep: Int

        /// The points of one tile.
        @inline(__always)
        func tile(_ tile: Int) -> TileView {
            TileView(base: base + tile &* tileStep, rowStep: side &* step, columnStep: step)
        }

        func from(_ tile: Int) -> Points { moved(by: tile &* tileStep) }

        func moved(by floats: Int) -> Points { Points(base: base + floats, side: side, step: step, tileStep: tileStep) }
    }

    /// A thread's memory for one tile's vectors: before a transform, between the two axes, and after.
    struct Scratch {
        let before: UnsafeMutablePointer<Float>
        let middle: UnsafeMutablePointer<Float>
        let after: UnsafeMutablePointer<Float>
        /// What was asked for beyond that.
        let more: UnsafeMutablePointer<Float>

        /// Takes the calling thread's memory; nil where there is none.
        init?(_ layer: WinogradLayer, more: Int = 0) {
            let vectors = layer.points &* Vector.scalarCount
            guard let memory = ThreadScratch.tiles.floats(3 &* vectors &+ more) else { return nil }
            before = memory
            middle = before + vectors
            after = middle + vectors
            self.more = after + vectors
        }
    }

    /// What a thread works on: some tiles, [tile][point][width], so that what a tile's transforms touch lies side by side.
    struct Block {
        /// Tiles there is room for.
        let tiles: Int
        let scratch: Scratch
        let inputs: Points
        /// One panel of outputs.
        let panel: Points

        /// Nil where the calling thread has no memory.
        init?(_ layer: WinogradLayer) {
            let inputWidth = layer.channelCover.width, panelWidth = layer.outputCover.panels[0].width
            let tiles = layer.blockTiles(width: inputWidth &+ panelWidth)
            // A line more than the points take: the tiles of one point must not share a set of the cache.
            func tileStep(_ width: Int) -> Int { layer.points &* width &+ 16 }
            func points(_ base: UnsafeMutablePointer<Float>, _ width: Int) -> Points {
                Points(base: base, side: layer.pointSide, step: width, tileStep: tileStep(width))
            }
            guard let scratch = Scratch(layer, more: tiles &* (tileStep(inputWidth) &+ tileStep(panelWidth))) else { return nil }
            self.tiles = tiles
            self.scratch = scratch
            inputs = points(scratch.more, inputWidth)
            panel = points(inputs.base + tiles &* inputs.tileStep, panelWidth)
        }
    }

    /// Whether the transformed weights outgrow the last-level cache: they are then to be read as seldom as can be.
    public var isWide: Bool { productWeightCount > 4 << 20 }

    /// Tiles worked on at a time: as many as keep `width` floats for each of their points in a core's second-level cache.
    private func blockTiles(width: Int) -> Int {
        let budget = 130_000 // floats
        return max(16, min(64, budget / (points * width) / 8 * 8))
    }

    /// Tiles that a part of the work has at least.
    static let leastTiles = 8
}
