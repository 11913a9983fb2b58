/// Writes images under masks where a network reads them: pixel by pixel, all channels of image i times mask m. Number
/// n of the work is image n / masks under mask n mod masks. One part a masked image.
public struct MaskedImages: ParallelWork {
    let numbers: Range<Int>
    let images: UnsafePointer<Float>
    let masks: UnsafePointer<Float>
    let maskCount: Int
    let maskStep: Int
    let rows: Int
    let columns: Int
    let channels: Int
    let output: UnsafeMutablePointer<Float>
    let outputRowStep: Int
    let outputImageStep: Int

    /// - Parameters:
    ///   - images: [any, rows, columns, channels].
    ///   - masks: [maskCount, maskStep], of which the first rows · columns are the mask's.
    ///   - output: the first pixel of number `numbers.lowerBound`.
    public init(numbers: Range<Int>, images: UnsafePointer<Float>, masks: UnsafePointer<Float>, maskCount: Int,
                maskStep: Int, rows: Int, columns: Int, channels: Int, output: UnsafeMutablePointer<Float>,
                outputRowStep: Int, outputImageStep: Int) {
        self.numbers = numbers
        self.images = images
        self.masks = masks
        self.maskCount = maskCount
        self.maskStep = maskStep
        self.rows = rows
        self.columns = columns
        self.channels = channels
        self.output = output
        self.outputRowStep = outputRowStep
        self.outputImageStep = outputImageStep
    }

    public var partCount: Int { numbers.count }

    public func run(part: Int) {
        let number = numbers.lowerBound &+ part
        var image = images + number / maskCount &* rows &* columns &* channels
        var mask = masks + number % maskCount &* maskStep
        for y in 0 ..< rows {
            let row = output + (part &* outputImageStep &+ y &* outputRowStep)
            if channels == 1 {
                for x in 0 ..< columns { row[x] = image[x] * mask[x] }
            } else {
                for x in 0 ..< columns {
                    for c in 0 ..< channels { row[x &* channels &+ c] = image[x &* channels &+ c] * mask[x] }
                }
            }
            image += columns &* channels
            mask += columns
        }
    }
}

/// What values weighted by masks add up to at each pixel p, over masks m with values v: Σ v m, Σ v m² and Σ (v m)².
///
/// Summed in `Float` over one call's masks, then added to sums in `Double`; in units of a power of two near the image's largest
/// value, whose square `Float` might not hold. A part is a strip of pixels, for all images.
public struct MaskMoments: ParallelWork {
    /// Pixels of a part: its masks, 128 of them, fit into the second-level cache.
    static let strip = 256

    let values: UnsafePointer<Float>
    let images: Int
    let masks: UnsafePointer<Float>
    let maskCount: Int
    let pixels: Int
    let sums: UnsafeMutablePointer<Double>

    /// - Parameters:
    ///   - values: [images, maskCount].
    ///   - masks: [maskCount, pixels], with `Buffers.slack` bytes to read after them.
    ///   - sums: [images, 3, pixels], is added to.
    public init(values: UnsafePointer<Float>, images: Int, masks: UnsafePointer<Float>, maskCount: Int, pixels: Int,
                sums: UnsafeMutablePointer<Double>) {
        self.values = values
        self.images = images
        self.masks = masks
        self.maskCount = maskCount
        self.pixels = pixels
        self.sums = sums
    }

    public var partCount: Int { (pixels &+ Self.strip &- 1) / Self.strip }

    public func run(part: Int) {
        let first = part &* Self.strip
        let count = min(Self.strip, pixels &- first)
        withUnsafeTemporaryAllocation(of: Float.self, capacity: 2 &* maskCount) { memory in
            let ours = memory.baseAddress!, theirs = ours + maskCount
            var image = 0
            while image &+ 2 <= images {
                forEachVector(count, Pair(
                    work: self, first: first, own: scaled(image, into: ours), other: scaled(image &+ 1, into: theirs)))
                image &+= 2
            }
            // The last of an odd number does the work of two, one of them nobody's.
            if image < images {
                forEachVector(count, Pair(work: self, first: first, own: scaled(image, into: ours), other: nil))
            }
        }
    }

    /// One image's values in units of `unit`.
    private struct Scaled {
        let image: Int
        let values: UnsafePointer<Float>
        let unit: Double
    }

    /// Writes an image's values [maskCount] in a unit in which the largest is near 1. Powers of two change no digit.
    private func scaled(_ image: Int, into scaled: UnsafeMutablePointer<Float>) -> Scaled {
        let values = self.values + image &* maskCount
        var largest: Float = 0
        for m in 0 ..< maskCount { largest = max(largest, abs(values[m])) }
        let exponent = largest.isNormal ? min(max(Int(largest.exponent), -100), 100) : 0
        let factor = Float(sign: .plus, exponent: -exponent, significand: 1)
        for m in 0 ..< maskCount { scaled[m] = values[m] * factor }
        return Scaled(image: image, values: scaled, unit: Double(sign: .plus, exponent: exponent, significand: 1))
    }

    /// Two images at a time: six running sums, and each mask is read once for both.
    private struct Pair: VectorBody {
        let work: MaskMoments
        let first: Int
        let own: Scaled
        let other: Scaled?

        @inline(__always)
        func apply<V: FloatVector>(_ type: V.Type, at offset: Int, lanes: Int) {
            let count = work.maskCount, pixels = work.pixels
            let ours = own.values, theirs = (other ?? own).values
            var mask = work.masks + (first &+ offset)
            var a = V(), aMask = V(), aSquare = V(), b = V(), bMask = V(), bSquare = V()
            for m in 0 ..< count {
                let weights = V(reading: mask)
                let x = weights * ours[m], y = weights * theirs[m]
                a += x
                aMask.accumulate(x, weights)
                aSquare.accumulate(x, x)
                b += y
                bMask.accumulate(y, weights)
                bSquare.accumulate(y, y)
                mask += pixels
            }
            add(a, aMask, aSquare, of: own, at: offset, lanes: lanes)
            if let other { add(b, bMask, bSquare, of: other, at: offset, lanes: lanes) }
        }

        @inline(__always)
        private func add<V: FloatVector>(_ plain: V, _ masked: V, _ squared: V, of image: Scaled, at offset: Int, lanes: Int) {
            let target = work.sums + (image.image &* 3 &* work.pixels &+ first &+ offset)
            for lane in 0 ..< lanes {
                target[lane] += Double(plain[lane]) * image.unit
                target[work.pixels &+ lane] += Double(masked[lane]) * image.unit
                target[2 &* work.pixels &+ lane] += Double(squared[lane]) * (image.unit * image.unit)
            }
        }
    }
}
