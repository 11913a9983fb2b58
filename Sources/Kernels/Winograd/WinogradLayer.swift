/// A convolution of stride 1 computed by minimal filtering on tiles (see `WinogradTransforms.swift`).
///
/// Every tile of 6x6 inputs becomes 36 values per channel, one for each pair of points; over all tiles these are 36
/// products [tiles, channels] · [channels, outputs], whose results are turned back into m·m outputs a tile. Gradients take
/// the transposed maps the other way. Tiles that hang over the edge read zeros and write what exists.
public struct WinogradLayer: Sendable {
    /// The same convolution as windows: it knows where inputs and outputs lie.
    let windows: WindowLayer
    /// Taps r along both axes: 3 or 5.
    public let kernel: Int
    let channels: Int
    /// Tiles of one image.
    let tileRows: Int
    let tileColumns: Int

    /// Panels over the channels, and their packed widths: floats of a tile in transformed memory.
    let channelCover: PanelCover
    var outputCover: PanelCover { windows.outputCover }
    /// One run at the window's first float: what the products take a transformed tile for.
    let wholeRow = OffsetTable([0])

    /// Pairs of points.
    static let points = 36

    /// - Parameter windows: a convolution of stride and dilation 1 whose kernel is `kernel` x `kernel`.
    public init(_ windows: WindowLayer, kernel: Int) {
        self.windows = windows
        self.kernel = kernel
        channels = windows.geometry.columnStep
        let side = 7 - kernel
        tileRows = (windows.geometry.rows + side - 1) / side
        tileColumns = (windows.geometry.columns + side - 1) / side
        channelCover = PanelCover(channels: channels)
    }

    /// Outputs m of a tile along both axes.
    var side: Int { 7 - kernel }
    var outputs: Int { windows.outputs }
    var tilesPerImage: Int { tileRows * tileColumns }

    /// Whether minimal filtering beats the direct sums: there must be channels enough for the products to outweigh the
    /// transforms, and most of the tiles' outputs must exist.
    public var pays: Bool {
        let geometry = windows.geometry
        guard kernel == 3 || kernel == 5, channels >= 8, outputs >= 8 else { return false }
        let direct = Double(geometry.rows * geometry.columns * geometry.windowLength * outputs)
        let products = Double(tilesPerImage * Self.points * channels * outputs)
        // A transformed value costs about as much as ten products.
        let transforms = Double(tilesPerImage * Self.points * (channels + outputs) * 10)
        return products + transforms < 0.8 * direct
    }

    // MARK: - Memory

    /// Floats of the transformed weights, [point][panel of outputs][channels, width]; and transposed,
    /// [point][panel of channels][outputs, width].
    public var productWeightCount: Int { Self.points * weightStep }
    public var scatterWeightCount: Int { Self.points * transposedWeightStep }
    /// Floats from point to point there, and in the sums of the transformed weights' gradient [channels, outputs].
    var weightStep: Int { channels * outputCover.width }
    var transposedWeightStep: Int { outputs * channelCover.width }

    /// Parts of the gradients' work that have sums of their own.
    static let gradientParts = 16

    /// Floats that the weights' gradient needs on the way: sums of the weights' (for each part, in narrow layers) and of
    /// the bias's, and in wide layers a chunk's transformed tiles.
    public var gradientCount: Int {
        biasSumsStart + Self.gradientParts * outputCover.width
            + (isWide ? Self.chunkTiles * Self.points * (channelCover.width + outputCover.width) : 0)
    }
    private var biasSumsStart: Int { (isWide ? 1 : Self.gradientParts) * Self.points * weightStep }

    func weightSums(_ scratch: UnsafeMutablePointer<Float>, part: Int) -> UnsafeMutablePointer<Float> {
        scratch + part &* Self.points &* weightStep
    }

    func biasSums(_ scratch: UnsafeMutablePointer<Float>, part: Int) -> UnsafeMutablePointer<Float> {
        scratch + biasSumsStart + part &* outputCover.width
    }

    /// A chunk's tiles lie [point][tile][width]: what one pair of points reads lies side by side.
    func chunkInputs(_ scratch: UnsafeMutablePointer<Float>) -> Points {
        Points(base: biasSums(scratch, part: Self.gradientParts), step: Self.chunkTiles &* channelCover.width,
               tileStep: channelCover.width)
    }

    func chunkOutputs(_ scratch: UnsafeMutablePointer<Float>) -> Points {
        Points(base: chunkInputs(scratch).base + Self.points &* Self.chunkTiles &* channelCover.width,
               step: Self.chunkTiles &* outputCover.width, tileStep: outputCover.width)
    }

    /// Whether the transformed weights, 36 · C · N floats, outgrow the last-level cache: they are then read as seldom as
    /// can be.
    private var isHuge: Bool { Self.points * weightStep > 4 << 20 }

    /// Tiles worked on at a time: as many as keep both sides of the products in a core's second-level cache.
    var blockTiles: Int {
        if isHuge { return 32 }
        let budget = 72_000 // floats
        let most = budget / (Self.points * (channelCover.width + outputCover.width))
        return max(16, min(64, most / 8 * 8))
    }

    /// Tiles that a part of the work has at least.
    var leastTiles: Int { isHuge ? 16 : 8 }

    /// Transformed tiles in memory.
    struct Points {
        let base: UnsafeMutablePointer<Float>
        /// Floats from point to point, and from tile to tile.
        let step: Int
        let tileStep: Int

        /// The points of one tile.
        @inline(__always)
        func tile(_ tile: Int) -> TileView {
            TileView(base: base + tile &* tileStep, rowStep: 6 &* step, columnStep: step)
        }

        func from(_ tile: Int) -> Points { Points(base: base + tile &* tileStep, step: step, tileStep: tileStep) }
    }

    /// A thread's memory for one tile's vectors: before a transform, between the two axes, and after.
    struct Scratch {
        let before: UnsafeMutablePointer<Float>
        let middle: UnsafeMutablePointer<Float>
        let after: UnsafeMutablePointer<Float>
        /// What was asked for beyond that.
        let more: UnsafeMutablePointer<Float>

        /// Takes the calling thread's memory.
        init(more: Int = 0) {
            let vectors = WinogradLayer.points &* Vector.scalarCount
            before = ThreadScratch.tiles.floats(3 &* vectors &+ more)
            middle = before + vectors
            after = middle + vectors
            self.more = after + vectors
        }
    }

    /// What a thread works on: some tiles, [tile][point][width], so that what a tile's transforms touch lies side by side.
    struct Block {
        let scratch: Scratch
        let inputs: Points
        let outputs: Points
        /// A row of outputs that nobody reads.
        let unused: UnsafeMutablePointer<Float>

        init(_ layer: WinogradLayer) {
            // A line more than the points take: the tiles of one point must not share a set of the cache.
            func tileStep(_ width: Int) -> Int { WinogradLayer.points &* width &+ 16 }
            let inputWidth = layer.channelCover.width, outputWidth = layer.outputCover.width
            let inputCount = layer.blockTiles &* tileStep(inputWidth), outputCount = layer.blockTiles &* tileStep(outputWidth)
            scratch = Scratch(more: inputCount &+ outputCount &+ outputWidth)
            inputs = Points(base: scratch.more, step: inputWidth, tileStep: tileStep(inputWidth))
            outputs = Points(base: scratch.more + inputCount, step: outputWidth, tileStep: tileStep(outputWidth))
            unused = outputs.base + outputCount
        }
    }

    /// A tile's place in its image.
    struct Tile {
        let image: Int
        let row: Int
        let column: Int
    }

    /// The tile with a number counted over the batch.
    @inline(__always)
    func tile(_ number: Int) -> Tile {
        let (image, inImage) = number.quotientAndRemainder(dividingBy: tilesPerImage)
        let (row, column) = inImage.quotientAndRemainder(dividingBy: tileColumns)
        return Tile(image: image, row: row &* side, column: column &* side)
    }

    /// Where the tile's inputs begin, and how many of its rows and columns exist.
    @inline(__always)
    func input(_ tile: Tile) -> (offset: Int, rows: Int, columns: Int) {
        let geometry = windows.geometry
        return (tile.image &* geometry.imageStep &+ tile.row &* geometry.rowStep &+ tile.column &* geometry.columnStep,
                min(6, geometry.rows &+ kernel &- 1 &- tile.row), min(6, geometry.columns &+ kernel &- 1 &- tile.column))
    }

    /// Where the tile's outputs begin, and how many of its rows and columns exist.
    @inline(__always)
    func output(_ tile: Tile) -> (offset: Int, rows: Int, columns: Int) {
        (tile.image &* windows.outputImageStep &+ tile.row &* windows.outputRowStep
            &+ tile.column &* windows.outputColumnStep,
         min(side, windows.geometry.rows &- tile.row), min(side, windows.geometry.columns &- tile.column))
    }
}
