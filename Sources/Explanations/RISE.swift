import Kernels
import Networks

/// RISE: what the target is on average where a pixel is seen (Petsiuk, Das & Saenko, BMVC 2018).
///
/// Masks M_m are smooth random curtains, the same for all images; v_m is the target of image ⊙ M_m. The map is
///
///     R(p) = Σ_m v_m M_m(p) / Σ_m M_m(p)
///
/// divided by what the masks add up to at that pixel rather than by what is expected of them, which takes the noise of
/// the coverage out. It is a ratio of sums, so its standard error is estimated by linearising it (the delta method):
///
///     SE(p)² = n/(n − 1) · Σ_m (M_m(p) (v_m − R(p)))² / (Σ_m M_m(p))²
///
/// A pixel no mask shows gets the mean value and an infinite error. A pixel without influence has the mean value.
public struct RISE: Perturbation {
    /// Masks of a block: one pass of the network for one image.
    public static let block = Network.largestPass

    /// n, at least 2.
    public let maskCount: Int
    /// s, cells of the coarse grid along each axis, at least 1.
    public let grid: Int
    /// Probability that a cell lets light through, between 0 and 1.
    public let keep: Double
    public let seed: UInt64

    public init(maskCount: Int = 4000, grid: Int = 7, keep: Double = 0.5, seed: UInt64 = 0) {
        precondition(maskCount >= 2 && grid >= 1 && keep > 0 && keep < 1, "\(maskCount) masks, grid \(grid), keep \(keep)")
        self.maskCount = maskCount
        self.grid = grid
        self.keep = keep
        self.seed = seed
    }

    public func count(of shape: MapShape) -> Int { maskCount }

    /// [images + 1, 3, pixels + 1]: Σ v M, Σ v M² and Σ (v M)² for each image and, last, for v = 1; beyond the pixels
    /// is one that all masks show. Values are relative to the unchanged image's, so that squares keep their digits.
    public func sumCount(images: Int, shape: MapShape) -> Int { (images + 1) * 3 * (shape.height * shape.width + 1) }

    public func add(_ numbers: Range<Int>, of batch: PerturbedBatch, to sums: UnsafeMutablePointer<Double>) throws {
        let masks = Masks(self, height: batch.shape.height, width: batch.shape.width)
        let step = masks.step, shape = batch.shape
        let curtains = try Arena(count: Self.block * step), values = try Arena(count: (batch.count + 1) * Self.block)
        defer { withExtendedLifetime((curtains, values)) {} }
        var first = numbers.lowerBound
        while first < numbers.upperBound {
            let n = min(Self.block - first % Self.block, numbers.upperBound - first)
            masks.draw(first ..< first + n, into: curtains.base)
            for i in 0 ..< n { values.base[batch.count * n + i] = 1 }
            try batch.values(changes: n, make: { numbers, canvas in
                ThreadPool.shared.run(MaskedImages(
                    numbers: numbers, images: batch.pixels.base, masks: curtains.base, maskCount: n, maskStep: step,
                    rows: shape.height, columns: shape.width, channels: shape.channels, output: canvas.pixels,
                    outputRowStep: canvas.rowStep, outputImageStep: canvas.imageStep))
            }, visit: { image, mask, value in values.base[image * n + mask] = Float(value - batch.values[image]) })
            ThreadPool.shared.run(MaskMoments(values: values.base, images: batch.count + 1, masks: curtains.base,
                                              maskCount: n, pixels: step, sums: sums))
            first += n
        }
    }

    public func finish(_ sums: UnsafePointer<Double>, images: Int, shape: MapShape, values: UnsafePointer<Double>,
                       into result: PerturbationMaps) {
        let pixels = shape.height * shape.width, step = pixels + 1
        let coverage = sums + images * 3 * step
        let n = coverage[pixels]
        for image in 0 ..< images {
            let plain = sums + image * 3 * step, masked = plain + step, squared = masked + step
            let mean = plain[pixels] / n
            result.neutral?[image] = Float(values[image] + mean)
            for p in 0 ..< pixels {
                let light = coverage[p]
                let ratio = light > 0 ? plain[p] / light : mean
                result.maps[image * pixels + p] = Float(values[image] + ratio)
                guard let errors = result.errors else { continue }
                let spread = max(0, squared[p] - 2 * ratio * masked[p] + ratio * ratio * coverage[step + p])
                errors[image * pixels + p] = light > 0 ? Float((n / (n - 1) * spread).squareRoot() / light) : .infinity
            }
        }
    }

    /// The masks for images of one size. Cells are ceil(H/s) x ceil(W/s) pixels; a grid of s x s cells, open with
    /// probability `keep`, is resized to one cell more along each axis and cut at a random place, so that the grid's
    /// lines are nowhere in particular.
    struct Masks: Sendable {
        let rise: RISE
        let height: Int
        let width: Int
        let cell: (height: Int, width: Int)
        private let rows: [Tap]
        private let columns: [Tap]

        init(_ rise: RISE, height: Int, width: Int) {
            self.rise = rise
            self.height = height
            self.width = width
            let s = rise.grid
            cell = ((height + s - 1) / s, (width + s - 1) / s)
            rows = Resize.bilinear.taps(along: .vertical, cells: s, pixels: (s + 1) * cell.height)
            columns = Resize.bilinear.taps(along: .horizontal, cells: s, pixels: (s + 1) * cell.width)
        }

        /// Floats from mask to mask: the pixels, and one that is always 1.
        var step: Int { height * width + 1 }

        /// Writes masks [numbers, step], each drawn from its own stream.
        func draw(_ numbers: Range<Int>, into masks: UnsafeMutablePointer<Float>) {
            nonisolated(unsafe) let masks = masks
            ForEachImage.run(numbers.count) { part in
                for index in part { draw(numbers.lowerBound + index, into: masks + index * step) }
            }
        }

        /// Uniform in 0 ..< bound.
        static func below(_ bound: Int, _ word: UInt32) -> Int { Int((UInt64(word) * UInt64(bound)) >> 32) }

        private func draw(_ number: Int, into mask: UnsafeMutablePointer<Float>) {
            let s = rise.grid
            let random = Philox(seed: rise.seed, purpose: .masks, index: number)
            withUnsafeTemporaryAllocation(of: Float.self, capacity: s * s + s) { memory in
                let open = memory.baseAddress!, row = open + s * s
                // Block 0 places the cut, the others decide four cells each.
                for i in 0 ..< s * s {
                    open[i] = Double(Philox.unit(random.block(UInt64(i / 4 + 1))[i % 4])) < rise.keep ? 1 : 0
                }
                let place = random.block(0)
                let top = Self.below(cell.height, place.x), left = Self.below(cell.width, place.y)
                var output = mask
                columns.withUnsafeBufferPointer { columns in
                    for y in 0 ..< height {
                        let tap = rows[top + y]
                        for x in 0 ..< s {
                            row[x] = tap.lowerWeight * open[tap.lower * s + x] + tap.upperWeight * open[tap.upper * s + x]
                        }
                        for x in 0 ..< width {
                            let tap = columns[left + x]
                            output[x] = tap.lowerWeight * row[tap.lower] + tap.upperWeight * row[tap.upper]
                        }
                        output += width
                    }
                }
                output.pointee = 1
            }
        }
    }
}
