/// The windows of a batch, cut into blocks: some whole images, or a part of one.
///
/// A block's panel of the output gradient stays in the first-level cache while all window elements pass over it.
struct WindowBlocks: Sendable {
    /// Windows of a block, at most: a panel of 12 KiB at 256 bits, 24 KiB at 512.
    static let largest = 128

    struct Block {
        /// Its first image, and its first window there.
        var image: Int
        var window: Int
        /// Its first window, counted over the batch, and their number.
        var firstWindow: Int
        var count: Int
    }

    private let geometry: WindowGeometry
    /// Windows of an image.
    private let windows: Int
    private let blockImages: Int
    private let imageParts: Int

    init(_ geometry: WindowGeometry) {
        self.geometry = geometry
        windows = geometry.rows * geometry.columns
        blockImages = max(1, Self.largest / max(1, windows))
        imageParts = max(1, (windows + Self.largest - 1) / Self.largest)
    }

    func count(images: Int) -> Int { (images &+ blockImages &- 1) / blockImages &* imageParts }

    func block(_ index: Int, images: Int) -> Block {
        let (group, part) = index.quotientAndRemainder(dividingBy: imageParts)
        let image = group &* blockImages
        if imageParts == 1 {
            return Block(image: image, window: 0, firstWindow: image &* windows,
                         count: min(blockImages, images &- image) &* windows)
        }
        let own = range(of: part, parts: imageParts, count: windows)
        return Block(image: image, window: own.lowerBound, firstWindow: image &* windows &+ own.lowerBound, count: own.count)
    }

    /// Where each window of a block lies, in floats from the first window of the block's first image: `block.count` numbers.
    func writeOffsets(of block: Block, to offsets: UnsafeMutablePointer<Int>) {
        var (y, x) = block.window.quotientAndRemainder(dividingBy: geometry.columns)
        var image = 0, offset = y &* geometry.rowStep &+ x &* geometry.columnStep
        for i in 0 ..< block.count {
            offsets[i] = offset
            offset &+= geometry.columnStep
            x &+= 1
            if x == geometry.columns {
                x = 0
                y &+= 1
                if y == geometry.rows {
                    y = 0
                    image &+= geometry.imageStep
                }
                offset = image &+ y &* geometry.rowStep
            }
        }
    }
}
