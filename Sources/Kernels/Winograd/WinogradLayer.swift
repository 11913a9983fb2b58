/// A convolution of stride 1 computed by minimal filtering on tiles (see `MinimalFilter.swift`).
///
/// Every tile of n·n inputs becomes n·n values per channel, one for each pair of points; over all tiles these are n·n
/// products [tiles, channels] · [channels, outputs], whose results are turned back into 4x4 outputs a tile. Gradients take
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

    /// Outputs of a tile along both axes.
    static let side = 4
    /// Points along one axis n = 3 + r, also a tile's inputs; and pairs of points.
    let pointSide: Int
    let points: Int

    /// - Parameter windows: a convolution of stride and dilation 1 whose kernel is `kernel` x `kernel`.
    public init(_ windows: WindowLayer, kernel: Int) {
        self.windows = windows
        self.kernel = kernel
        channels = windows.geometry.columnStep
        pointSide = Self.side + kernel - 1
        points = pointSide * pointSide
        tileRows = (windows.geometry.rows + Self.side - 1) / Self.side
        tileColumns = (windows.geometry.columns + Self.side - 1) / Self.side
        channelCover = PanelCover(channels: channels)
    }

    var outputs: Int { windows.outputs }
    var tilesPerImage: Int { tileRows * tileColumns }

    /// Whether minimal filtering beats the direct sums: there must be channels enough for the products to outweigh the
    /// transforms, and most of the tiles' outputs must exist. Transformed weights are three to four times as large: those of
    /// wide layers come from memory, which only many tiles make up for.
    ///
    /// - Parameter images: of a pass.
    public func pays(images: Int) -> Bool {
        let geometry = windows.geometry
        guard kernel == 3 || kernel == 5, channels >= 8, outputs >= 8,
              images * tilesPerImage >= Self.fewestTiles || productWeightCount <= Self.cachedWeights else { return false }
        let direct = Double(geometry.rows * geometry.columns) * Double(geometry.windowLength) * Double(outputs)
        let products = Double(tilesPerImage * points) * Double(channels) * Double(outputs)
        // A transformed value costs about as much as ten products.
        let transforms = Double(tilesPerImage * points) * Double((channels + outputs) * 10)
        return products + transforms < 0.8 * direct
    }

    private static let fewestTiles = 8
    /// Floats that a core's cache holds.
    private static let cachedWeights = 1 << 17

    // MARK: - Memory

    /// Floats of the transformed weights, [panel of outputs][point][channels, width].
    public var productWeightCount: Int { points * channels * outputCover.width }

    /// Where a panel's weights for a pair of points begin: [depth, width].
    @inline(__always)
    func weights(_ panel: PanelCover.Entry, point: Int, depth: Int) -> Int {
        (panel.first &* points &+ point &* panel.width) &* depth
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
        return Tile(image: image, row: row &* Self.side, column: column &* Self.side)
    }

    /// Where the tile's inputs begin, and how many of its rows and columns exist.
    @inline(__always)
    func input(_ tile: Tile) -> (offset: Int, rows: Int, columns: Int) {
        let geometry = windows.geometry
        return (tile.image &* geometry.imageStep &+ tile.row &* geometry.rowStep &+ tile.column &* geometry.columnStep,
                min(pointSide, geometry.rows &+ kernel &- 1 &- tile.row), min(pointSide, geometry.columns &+ kernel &- 1 &- tile.column))
    }

    /// Where the tile's outputs begin, and how many of its rows and columns exist.
    @inline(__always)
    func output(_ tile: Tile) -> (offset: Int, rows: Int, columns: Int) {
        (tile.image &* windows.outputImageStep &+ tile.row &* windows.outputRowStep
            &+ tile.column &* windows.outputColumnStep,
         min(Self.side, windows.geometry.rows &- tile.row), min(Self.side, windows.geometry.columns &- tile.column))
    }
}
