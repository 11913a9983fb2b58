/// Channels-last maps [images, rows, columns, channels] that are walked row by row: what normalisation reads and writes.
public struct ChannelRows: Sendable {
    let images: Int
    let rows: Int
    let columns: Int
    let channels: Int

    public init(images: Int, rows: Int, columns: Int, channels: Int) {
        self.images = images
        self.rows = rows
        self.columns = columns
        self.channels = channels
    }

    /// Pixels over which each channel's statistics are taken.
    public var pixels: Int { images &* rows &* columns }

    /// Parts of the work, each a range of rows with sums of its own.
    public static let mostParts = 32
    var parts: Int { min(images &* rows, Self.mostParts) }

    /// Calls `body` with the image and row of each of a part's rows.
    @inline(__always)
    func forEachRow(part: Int, _ body: (_ image: Int, _ row: Int) -> Void) {
        for number in range(of: part, parts: parts, count: images &* rows) {
            let (image, row) = number.quotientAndRemainder(dividingBy: rows)
            body(image, row)
        }
    }
}

/// A map in memory: its first pixel, and floats from row to row and image to image.
public struct MapMemory {
    let base: UnsafeMutablePointer<Float>
    let rowStep: Int
    let imageStep: Int

    public init(base: UnsafeMutablePointer<Float>, rowStep: Int, imageStep: Int) {
        self.base = base
        self.rowStep = rowStep
        self.imageStep = imageStep
    }

    @inline(__always)
    func row(_ image: Int, _ row: Int) -> UnsafeMutablePointer<Float> { base + (image &* imageStep &+ row &* rowStep) }
}

/// What normalisation knows of each channel, in one stretch of memory: seven numbers and the parts' sums.
public struct ChannelMemory: @unchecked Sendable {
    let base: UnsafeMutablePointer<Float>
    let channels: Int

    /// Floats that `init` is given.
    public static func count(channels: Int) -> Int { (7 + 2 * ChannelRows.mostParts) * step(channels) }
    private static func step(_ channels: Int) -> Int { (channels + 15) / 16 * 16 }

    public init(base: UnsafeMutablePointer<Float>, channels: Int) {
        self.base = base
        self.channels = channels
    }

    private func array(_ number: Int) -> UnsafeMutablePointer<Float> { base + number &* Self.step(channels) }

    var mean: UnsafeMutablePointer<Float> { array(0) }
    /// 1 / √(variance + ε)
    var inverseDeviation: UnsafeMutablePointer<Float> { array(1) }
    /// y = scale · x + shift
    var scale: UnsafeMutablePointer<Float> { array(2) }
    var shift: UnsafeMutablePointer<Float> { array(3) }
    /// dx = scale · (dy − offset − slope · (x − mean))
    var offset: UnsafeMutablePointer<Float> { array(4) }
    var slope: UnsafeMutablePointer<Float> { array(5) }
    /// Of the batch, without ε.
    var variance: UnsafeMutablePointer<Float> { array(6) }

    /// A part's two sums.
    func sums(part: Int) -> (UnsafeMutablePointer<Float>, UnsafeMutablePointer<Float>) {
        (array(7 &+ 2 &* part), array(8 &+ 2 &* part))
    }

    /// Both sums of a channel over all parts, in their order.
    func totals(channel: Int, parts: Int) -> (Double, Double) {
        var first = 0.0, second = 0.0
        for part in 0 ..< parts {
            let sums = sums(part: part)
            first += Double(sums.0[channel])
            second += Double(sums.1[channel])
        }
        return (first, second)
    }
}
