import Kernels
import Networks

/// Integrated gradients: what each pixel contributes on the straight way from a baseline x' to the image x
/// (Sundararajan, Taly & Yan, ICML 2017).
///
///     IG_i = (x_i − x'_i) · 1/m Σ_k ∂y/∂x_i (x' + (k + ½)/m (x − x')),   k = 0 ... m − 1
///
/// the midpoint rule for the integral; the map adds up a pixel's channels. Pixels add up to y(x) − y(x') but for the
/// rule's error (completeness).
public struct IntegratedGradients: Perturbation {
    /// Steps of a block: half a pass.
    static let block = 64

    /// m, at least 1.
    public let steps: Int
    /// x' [height, width, channels]; empty for zeros, black.
    public let baseline: [Float]

    public init(steps: Int = 64, baseline: [Float] = []) {
        precondition(steps >= 1, "\(steps) steps")
        self.steps = steps
        self.baseline = baseline
    }

    public func count(of shape: MapShape) -> Int { steps }

    public func add(_ numbers: Range<Int>, of batch: PerturbedBatch, to sums: UnsafeMutablePointer<Double>) throws {
        let shape = batch.shape, pixels = shape.height * shape.width, baseline = baseline, steps = steps
        for first in stride(from: numbers.lowerBound, to: numbers.upperBound, by: Self.block) {
            let n = min(Self.block, numbers.upperBound - first)
            try batch.gradients(changes: n, make: { numbers, canvas in
                batch.make(numbers, changes: n, canvas: canvas) { source, _, change, i in
                    let way = (Float(first + change) + 0.5) / Float(steps), origin = baseline.isEmpty ? 0 : baseline[i]
                    return origin + way * (source[i] - origin)
                }
            }, visit: { image, _, gradient in
                for i in 0 ..< shape.count {
                    let way = batch.pixels.base[image * shape.count + i] - (baseline.isEmpty ? 0 : baseline[i])
                    sums[image * pixels + i / shape.channels] += Double(way) * Double(gradient[i])
                }
            })
        }
    }

    public func finish(_ sums: UnsafePointer<Double>, images: Int, shape: MapShape, values: UnsafePointer<Double>,
                       into result: PerturbationMaps) {
        result.takeMeans(sums, images: images, pixels: shape.height * shape.width, count: steps)
    }
}

/// SmoothGrad: the gradient with respect to the pixels, averaged over images with Gaussian noise (Smilkov et al. 2017).
///
///     M_i = 1/n Σ_s ∂y/∂x_i (x + σ ε_s),   σ = noise · (max x − min x) of that image,   ε_s ~ N(0, 1)
///
/// The map adds up a pixel's channels and keeps the sign. All images meet the same ε_s.
public struct SmoothGrad: Perturbation {
    static let block = 32

    /// n, at least 1.
    public let samples: Int
    /// σ as a share of the image's own range; 0 is the plain gradient.
    public let noise: Double
    public let seed: UInt64

    public init(samples: Int = 50, noise: Double = 0.15, seed: UInt64 = 0) {
        precondition(samples >= 1 && noise >= 0, "\(samples) samples, noise \(noise)")
        self.samples = samples
        self.noise = noise
        self.seed = seed
    }

    public func count(of shape: MapShape) -> Int { samples }

    public func add(_ numbers: Range<Int>, of batch: PerturbedBatch, to sums: UnsafeMutablePointer<Double>) throws {
        let shape = batch.shape, pixels = shape.height * shape.width, size = shape.count
        let deviations = (0 ..< batch.count).map { image in
            let own = UnsafeBufferPointer(start: batch.pixels.base + image * size, count: size)
            return Float(noise) * (own.max()! - own.min()!)
        }
        // [samples of a block, height, width, channels]
        let epsilon = try Arena(count: min(Self.block, numbers.count) * size)
        for first in stride(from: numbers.lowerBound, to: numbers.upperBound, by: Self.block) {
            let n = min(Self.block, numbers.upperBound - first)
            for sample in 0 ..< n { writeNormals(to: epsilon.base + sample * size, count: size, sample: first + sample) }
            try batch.gradients(changes: n, make: { numbers, canvas in
                batch.make(numbers, changes: n, canvas: canvas) { source, image, change, i in
                    source[i] + deviations[image] * epsilon.base[change * size + i]
                }
            }, visit: { image, _, gradient in
                for i in 0 ..< size { sums[image * pixels + i / shape.channels] += Double(gradient[i]) }
            })
        }
    }

    public func finish(_ sums: UnsafePointer<Double>, images: Int, shape: MapShape, values: UnsafePointer<Double>,
                       into result: PerturbationMaps) {
        result.takeMeans(sums, images: images, pixels: shape.height * shape.width, count: samples)
    }

    /// Standard normal numbers of one sample, from its own stream.
    private func writeNormals(to target: UnsafeMutablePointer<Float>, count: Int, sample: Int) {
        let random = Philox(seed: seed, purpose: .noise, index: sample)
        for first in stride(from: 0, to: count, by: 4) {
            let four = Philox.normals(random.block(UInt64(first / 4)))
            for lane in 0 ..< min(4, count - first) { target[first + lane] = four[lane] }
        }
    }
}

extension PerturbationMaps {
    /// Maps that are sums over so many perturbations, divided by their number; nothing is where the gradient is 0.
    fileprivate func takeMeans(_ sums: UnsafePointer<Double>, images: Int, pixels: Int, count: Int) {
        for i in 0 ..< images * pixels { maps[i] = Float(sums[i] / Double(count)) }
        for image in 0 ..< images { neutral?[image] = 0 }
    }
}
