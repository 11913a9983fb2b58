/// Copies chosen images into a network's input, as floats, into the interior of its zero border. One part a few images.
public struct ImageLoading: ParallelWork {
    public enum Pixels: Sendable {
        /// 0 ... 255, read as 0 ... 1.
        case uint8
        case float32
    }

    let pixels: Pixels
    let source: UnsafeRawPointer
    /// Which images, or nil for the first `images` in order.
    let indices: UnsafePointer<Int32>?
    let images: Int
    let rows: Int
    /// Floats of one row of an image.
    let rowLength: Int
    let output: UnsafeMutablePointer<Float>
    let outputRowStep: Int
    let outputImageStep: Int
    let scaling: PixelScaling?

    /// - Parameters:
    ///   - source: [any, rows, rowLength] pixels.
    ///   - output: the interior's first float.
    ///   - scaling: what becomes of a pixel 0 ... 1 in the same pass; nil leaves it as it is.
    public init(pixels: Pixels, source: UnsafeRawPointer, indices: UnsafePointer<Int32>?, images: Int, rows: Int,
                rowLength: Int, output: UnsafeMutablePointer<Float>, outputRowStep: Int, outputImageStep: Int,
                scaling: PixelScaling? = nil) {
        self.pixels = pixels
        self.source = source
        self.indices = indices
        self.images = images
        self.rows = rows
        self.rowLength = rowLength
        self.output = output
        self.outputRowStep = outputRowStep
        self.outputImageStep = outputImageStep
        self.scaling = scaling
    }

    public var partCount: Int { min(images, 16) }

    public func run(part: Int) {
        for image in range(of: part, parts: partCount, count: images) {
            let first = index(of: image) &* rows &* rowLength
            for y in 0 ..< rows {
                let target = row(y, of: image), offset = first &+ y &* rowLength
                switch pixels {
                case .uint8:
                    let row = source.assumingMemoryBound(to: UInt8.self) + offset
                    for x in 0 ..< rowLength { target[x] = row[x].unit }
                case .float32:
                    target.update(from: source.assumingMemoryBound(to: Float.self) + offset, count: rowLength)
                }
                scaling?.apply(to: target, count: rowLength)
            }
        }
    }

    /// Which image of the source goes to place `image`.
    @inline(__always)
    func index(of image: Int) -> Int { indices.map { Int($0[image]) } ?? image }

    /// Where a row of the output begins.
    @inline(__always)
    func row(_ y: Int, of image: Int) -> UnsafeMutablePointer<Float> {
        output + (image &* outputImageStep &+ y &* outputRowStep)
    }
}

/// A pixel as its memory holds it.
protocol Pixel {
    /// As a network reads it, 0 ... 1.
    var unit: Float { get }
}

extension UInt8: Pixel {
    // Divided, not multiplied by 1/255: 255 becomes exactly 1, as everywhere else.
    @inline(__always) var unit: Float { Float(self) / 255 }
}

extension Float: Pixel {
    @inline(__always) var unit: Float { self }
}

/// x · scale + shift, with a pair of them for each float of a row: how pixels are normalised channel by channel.
public struct PixelScaling: @unchecked Sendable {
    /// [rowLength]
    public let scale: UnsafePointer<Float>
    public let shift: UnsafePointer<Float>

    public init(scale: UnsafePointer<Float>, shift: UnsafePointer<Float>) {
        self.scale = scale
        self.shift = shift
    }

    @inline(__always)
    func apply(to row: UnsafeMutablePointer<Float>, count: Int) {
        for x in 0 ..< count { row[x] = row[x] * scale[x] + shift[x] }
    }
}

/// Scales images where they lie, row by row.
public struct ScaleImages: ParallelWork {
    let images: Int
    let rows: Int
    let rowLength: Int
    let pixels: UnsafeMutablePointer<Float>
    let rowStep: Int
    let imageStep: Int
    let scaling: PixelScaling

    /// - Parameter pixels: [images, rows, rowLength], rows and images some floats apart.
    public init(images: Int, rows: Int, rowLength: Int, pixels: UnsafeMutablePointer<Float>, rowStep: Int, imageStep: Int,
                scaling: PixelScaling) {
        self.images = images
        self.rows = rows
        self.rowLength = rowLength
        self.pixels = pixels
        self.rowStep = rowStep
        self.imageStep = imageStep
        self.scaling = scaling
    }

    public var partCount: Int { min(images, 16) }

    public func run(part: Int) {
        for image in range(of: part, parts: partCount, count: images) {
            for y in 0 ..< rows { scaling.apply(to: pixels + (image &* imageStep &+ y &* rowStep), count: rowLength) }
        }
    }
}
