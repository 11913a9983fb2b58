/// The windows of a batch, cut into blocks: some whole images, or a part of one.
///
/// A block's panel of the output gradient stays in the first-level cache while all window elements pass over it.
struct WindowBlocks: Sendable {
    /// Windows of a block, at most: a panel of 12 KiB at 256 bits, 24 KiB at 512.
    static let largest = 128

    struct Block {
        /// Its first image, and where in `offsets` its windows begin.
        var image: Int
        var firstOffset: Int
        /// Its first window, counted over the batch, and their number.
        var firstWindow: Int
        var count: Int
    }

    /// Windows of an image.
    private let windows: Int
    private let blockImages: Int
    private let imageParts: Int
    /// Where each window of a block lies, in floats from the first window of the block's first image.
    let offsets: OffsetTable

    init(_ geometry: WindowGeometry, sharing offsets: OffsetTable? = nil) {
        windows = geometry.rows * geometry.columns
        blockImages = max(1, Self.largest / max(1, windows))
        imageParts = max(1, (windows + Self.largest - 1) / Self.largest)
        self.offsets = offsets ?? OffsetTable((0 ..< blockImages).flatMap { image in
            (0 ..< geometry.rows).flatMap { y in
                (0 ..< geometry.columns).map { image * geometry.imageStep + y * geometry.rowStep + $0 * geometry.columnStep }
            }
        })
    }

    func count(images: Int) -> Int { (images &+ blockImages &- 1) / blockImages &* imageParts }

    func block(_ index: Int, images: Int) -> Block {
        let (group, part) = index.quotientAndRemainder(dividingBy: imageParts)
        let image = group &* blockImages
        if imageParts == 1 {
            return Block(image: image, firstOffset: 0, firstWindow: image &* windows,
                         count: min(blockImages, images &- image) &* windows)
        }
        let own = range(of: part, parts: imageParts, count: windows)
        return Block(image: image, firstOffset: own.lowerBound, firstWindow: image &* windows &+ own.lowerBound, count: own.count)
    }
}
