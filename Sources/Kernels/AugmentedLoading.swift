/// Loads images as `ImageLoading` does, each one changed at random: turned, shifted, mirrored, a square of it blanked.
///
/// An output pixel v is read at  c + R(θ) (m(v) + d − c)  in the image: m mirrors columns, d is the shift, c the centre,
/// R a rotation. One resampling, and only where there is a rotation (bilinear); what lies outside of the image is black,
/// before scaling. The blanked square is zero after scaling: black, or the mean colour where pixels are normalised.
public struct AugmentedLoading: ParallelWork {
    /// Which changes there may be.
    public struct Changes: Sendable, Equatable {
        /// Largest shift along either axis, pixels: a crop at a random place of the image with such a border.
        public var crop: Int
        /// Whether images are mirrored left to right in every other epoch: at random half of them in the first, the others in
        /// the next. Any two epochs so show both sides of each ("alternating flip": Jordan, "94% on CIFAR-10 in 3.29 seconds
        /// on a single GPU", 2024).
        public var flip: Bool
        /// Side of the blanked square, pixels; its centre is anywhere in the image, and what sticks out is cut off.
        public var cutout: Int
        /// Largest angle, radians up to π.
        public var rotation: Float

        public init(crop: Int, flip: Bool, cutout: Int, rotation: Float) {
            self.crop = crop
            self.flip = flip
            self.cutout = cutout
            self.rotation = rotation
        }
    }

    /// What was drawn for one image.
    struct Draw {
        /// d, in -crop ... crop.
        var shift: SIMD2<Int>
        var isMirrored: Bool
        /// θ: sine and cosine.
        var sine: Float
        var cosine: Float
        /// Centre of the blanked square; (row, column).
        var blank: SIMD2<Int>
    }

    let loading: ImageLoading
    let channels: Int
    let changes: Changes
    let seed: UInt64
    let epoch: Int

    /// An image draws by its index, from a stream for each epoch.
    public init(_ loading: ImageLoading, channels: Int, changes: Changes, seed: UInt64, epoch: Int) {
        self.loading = loading
        self.channels = channels
        self.changes = changes
        self.seed = seed
        self.epoch = epoch
    }

    private var width: Int { loading.rowLength / channels }

    public var partCount: Int { loading.partCount }

    public func run(part: Int) {
        let size = loading.rows &* loading.rowLength
        for image in range(of: part, parts: partCount, count: loading.images) {
            let index = loading.index(of: image), draw = draw(index)
            switch loading.pixels {
            case .uint8: load(loading.source.assumingMemoryBound(to: UInt8.self) + index &* size, draw, to: image)
            case .float32: load(loading.source.assumingMemoryBound(to: Float.self) + index &* size, draw, to: image)
            }
        }
    }

    /// Each quantity has words of its own, so that switching one on does not change another.
    func draw(_ index: Int) -> Draw {
        let random = Philox(seed: seed, purpose: .augmentation, index: epoch)
        let first = random.block(2 &* UInt64(index)), second = random.block(2 &* UInt64(index) &+ 1)
        func integer(_ word: UInt32, below bound: Int) -> Int { Int((UInt64(word) &* UInt64(bound)) >> 32) }
        let span = 2 &* changes.crop &+ 1
        let angle = changes.rotation == 0 ? 0 : changes.rotation * (2 * Philox.unit(first.w) - 1)
        let (sine, cosine) = Self.sineAndCosine(Double(angle))
        return Draw(
            shift: SIMD2(integer(first.x, below: span), integer(first.y, below: span)) &- changes.crop,
            isMirrored: changes.flip && isMirrored(index), sine: Float(sine), cosine: Float(cosine),
            blank: SIMD2(integer(second.x, below: loading.rows), integer(second.y, below: width)))
    }

    /// As the first epoch's stream says, and the other way round in odd epochs.
    private func isMirrored(_ index: Int) -> Bool {
        let first = Philox(seed: seed, purpose: .augmentation, index: 0).block(2 &* UInt64(index))
        return (first.z >> 31 == 1) != (epoch & 1 == 1)
    }

    @inline(__always)
    private func load<Value: Pixel>(_ pixels: UnsafePointer<Value>, _ draw: Draw, to image: Int) {
        let top = draw.blank.x &- changes.cutout / 2, left = max(0, draw.blank.y &- changes.cutout / 2)
        let right = min(width, draw.blank.y &- changes.cutout / 2 &+ changes.cutout)
        for y in 0 ..< loading.rows {
            let target = loading.row(y, of: image)
            if changes.rotation == 0 {
                copyRow(pixels, y &+ draw.shift.x, draw, to: target)
            } else {
                turnRow(pixels, y &+ draw.shift.x, draw, to: target)
            }
            loading.scaling?.apply(to: target, count: loading.rowLength)
            if y >= top, y < top &+ changes.cutout {
                for x in left &* channels ..< max(left, right) &* channels { target[x] = 0 }
            }
        }
    }

    /// Row `sourceRow` of the image, shifted and perhaps mirrored.
    @inline(__always)
    private func copyRow<Value: Pixel>(_ pixels: UnsafePointer<Value>, _ sourceRow: Int, _ draw: Draw,
                                       to target: UnsafeMutablePointer<Float>) {
        let width = width, shift = draw.shift.y
        target.update(repeating: 0, count: loading.rowLength)
        guard sourceRow >= 0, sourceRow < loading.rows else { return }
        let row = pixels + sourceRow &* loading.rowLength
        if draw.isMirrored {
            // Column x shows column w - 1 - x + shift.
            for x in max(0, shift) ..< min(width, width &+ shift) {
                let column = row + (width &- 1 &- x &+ shift) &* channels
                for c in 0 ..< channels { target[x &* channels &+ c] = column[c].unit }
            }
        } else {
            let first = max(0, -shift), last = min(width, width &- shift)
            let column = row + (first &+ shift) &* channels
            for i in 0 ..< (last &- first) &* channels { target[first &* channels &+ i] = column[i].unit }
        }
    }

    /// One row of the image, turned about its centre.
    @inline(__always)
    private func turnRow<Value: Pixel>(_ pixels: UnsafePointer<Value>, _ sourceRow: Int, _ draw: Draw,
                                       to target: UnsafeMutablePointer<Float>) {
        let width = width, rows = loading.rows
        let centreY = Float(rows &- 1) / 2, centreX = Float(width &- 1) / 2
        let fromCentreY = Float(sourceRow) - centreY
        for x in 0 ..< width {
            let fromCentreX = Float((draw.isMirrored ? width &- 1 &- x : x) &+ draw.shift.y) - centreX
            let y = draw.cosine * fromCentreY - draw.sine * fromCentreX + centreY
            let column = draw.sine * fromCentreY + draw.cosine * fromCentreX + centreX
            let top = Int(y.rounded(.down)), left = Int(column.rounded(.down))
            let down = y - Float(top), across = column - Float(left)
            for c in 0 ..< channels {
                @inline(__always)
                func pixel(_ row: Int, _ column: Int) -> Float {
                    guard row >= 0, row < rows, column >= 0, column < width else { return 0 }
                    return pixels[(row &* width &+ column) &* channels &+ c].unit
                }
                let above = pixel(top, left) * (1 - across) + pixel(top, left &+ 1) * across
                let below = pixel(top &+ 1, left) * (1 - across) + pixel(top &+ 1, left &+ 1) * across
                target[x &* channels &+ c] = above * (1 - down) + below * down
            }
        }
    }

    /// Of an angle within ±π, by the Taylor series of half of it: the same bits on every machine, within 2⁻⁵⁰.
    static func sineAndCosine(_ angle: Double) -> (sine: Double, cosine: Double) {
        let half = angle / 2, square = half * half
        var sine = 0.0, cosine = 0.0
        // Horner's scheme from the terms half^21 / 21! and half^20 / 20!.
        for k in stride(from: 20, through: 2, by: -2) {
            sine = -square / Double(k &* (k &+ 1)) * (1 + sine)
            cosine = -square / Double(k &* (k &- 1)) * (1 + cosine)
        }
        let s = half * (1 + sine), c = 1 + cosine
        return (2 * s * c, 1 - 2 * s * s)
    }
}
