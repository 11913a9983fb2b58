/// dW[k, n] = Σ_p x[window p, k] · dy[p, n]: the gradient of a convolution's or linear layer's weights.
///
/// A tile holds a few k by one panel of n while the windows of a block pass by. Blocks and windows are added in one
/// fixed order, whatever the number of threads.
public struct WindowGradient: ParallelWork {
    let layer: WindowLayer
    let images: Int
    let input: UnsafePointer<Float>
    let packed: UnsafePointer<Float>
    let weightGradient: UnsafeMutablePointer<Float>

    /// - Parameters:
    ///   - packed: what `GradientPacking` wrote.
    ///   - weightGradient: [K, N]; overwritten.
    public init(layer: WindowLayer, images: Int, input: UnsafePointer<Float>, packed: UnsafePointer<Float>,
                weightGradient: UnsafeMutablePointer<Float>) {
        self.layer = layer
        self.images = images
        self.input = input
        self.packed = packed
        self.weightGradient = weightGradient
    }

    /// Window elements of a part's unit: those of the tile with the most vectors to an element.
    private static var unit: Int { TileLimits.pixels(vectors: 3) }
    private var unitCount: Int { (layer.geometry.windowLength &+ Self.unit &- 1) / Self.unit }

    public var partCount: Int { min(unitCount, 32) }

    public func run(part: Int) {
        let units = range(of: part, parts: partCount, count: unitCount)
        let elements = units.lowerBound &* Self.unit
            ..< min(layer.geometry.windowLength, units.upperBound &* Self.unit)
        var panelStart = packed
        for panel in layer.outputCover.panels {
            withPanel(width: panel.width, Elements(gradient: self, elements: elements, panel: panel, packed: panelStart))
            panelStart += panel.width &* layer.windowCount(images: images)
        }
    }

    /// One panel of outputs for a range of window elements.
    private struct Elements: PanelBody {
        let gradient: WindowGradient
        let elements: Range<Int>
        let panel: PanelCover.Entry
        /// The panel's [windows, width].
        let packed: UnsafePointer<Float>

        @inline(__always)
        func apply<P: Panel>(_ type: P.Type) {
            let layer = gradient.layer, blocks = layer.windowBlocks
            let limit = TileLimits.pixels(vectors: P.vectors)
            for index in 0 ..< blocks.count(images: gradient.images) {
                let block = blocks.block(index, images: gradient.images)
                let sums = GradientSums(
                    input: gradient.input + block.image &* layer.geometry.imageStep,
                    windows: blocks.offsets.base + block.firstOffset, count: block.count,
                    elements: layer.elementOffsets.base, dy: packed + block.firstWindow &* P.width,
                    target: gradient.weightGradient + panel.first, outputs: layer.outputs, channels: panel.count,
                    isFirst: index == 0)
                var k = elements.lowerBound
                while limit >= 16, k &+ 16 <= elements.upperBound { sums.tile(Tile16<P>.self, k); k &+= 16 }
                while limit >= 8, k &+ 8 <= elements.upperBound { sums.tile(Tile8<P>.self, k); k &+= 8 }
                while k &+ 4 <= elements.upperBound { sums.tile(Tile4<P>.self, k); k &+= 4 }
                if k &+ 2 <= elements.upperBound { sums.tile(Tile2<P>.self, k); k &+= 2 }
                if k < elements.upperBound { sums.tile(Tile1<P>.self, k) }
            }
        }
    }
}

/// Sums over one block's windows. Plain numbers and addresses: a tile that held objects would count references.
private struct GradientSums {
    let input: UnsafePointer<Float>
    /// [count] positions of the windows in `input`, and [K] of the elements in a window.
    let windows: UnsafePointer<Int>
    let count: Int
    let elements: UnsafePointer<Int>
    /// [count, panel width]
    let dy: UnsafePointer<Float>
    /// [K, outputs], at the panel's first channel
    let target: UnsafeMutablePointer<Float>
    let outputs: Int
    let channels: Int
    /// Whether the sums begin here, or are added to.
    let isFirst: Bool

    @inline(never)
    func tile<T: Tile>(_ type: T.Type, _ k: Int) {
        let offsets = elements + k
        var dy = dy
        var sums = T()
        for window in 0 ..< count {
            sums.accumulate(input + windows[window], offsets: offsets, T.P(reading: dy))
            dy += T.P.width
        }
        sums.give(from: k, to: self)
    }
}

extension GradientSums: PanelTarget {
    @inline(__always)
    func take<P: Panel>(_ element: Int, _ panel: P) {
        let row = target + element &* outputs
        var sum = panel
        if !isFirst { sum.add(P(reading: row)) }
        sum.write(to: row, first: channels)
    }
}

/// The windows of a batch, cut into blocks: some whole images, or a part of one.
///
/// A block's panel of the output gradient stays in the first-level cache while all window elements pass over it.
struct WindowBlocks: Sendable {
    /// Windows of a block, at most: a panel of 12 KiB at 256 bits, 24 KiB at 512.
    private static let largest = 128

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
