import Evidential
import Kernels
import Networks

/// A method that changes each image many times and adds up what the target says to it.
///
/// Perturbations are numbered and drawn by number, so they may be added in several calls. Sums are in `Double`; what a
/// call adds to them does not depend on the other images of the batch, but for rounding: wide layers are computed in
/// another way in passes of few images.
public protocol Perturbation: Sendable {
    /// Changed versions of each image.
    func count(of shape: MapShape) -> Int
    /// Numbers to set aside for sums over `images` images, at first zeros.
    func sumCount(images: Int, shape: MapShape) -> Int
    /// Adds perturbations `numbers` to the sums.
    func add(_ numbers: Range<Int>, of batch: PerturbedBatch, to sums: UnsafeMutablePointer<Double>) throws
    /// From complete sums to maps.
    func finish(_ sums: UnsafePointer<Double>, images: Int, shape: MapShape, values: UnsafePointer<Double>, into maps: PerturbationMaps)
}

extension Perturbation {
    /// One sum for each pixel [images, height, width], which is what most methods need.
    public func sumCount(images: Int, shape: MapShape) -> Int { images * shape.height * shape.width }
}

/// Where finished maps go.
public struct PerturbationMaps {
    /// [images, height, width]
    public var maps: UnsafeMutablePointer<Float>
    /// [images, height, width] standard errors, for methods that know them; nil where not wanted.
    public var errors: UnsafeMutablePointer<Float>?
    /// [images] what a pixel without influence has in its map; nil where not wanted.
    public var neutral: UnsafeMutablePointer<Float>?

    public init(maps: UnsafeMutablePointer<Float>, errors: UnsafeMutablePointer<Float>? = nil,
                neutral: UnsafeMutablePointer<Float>? = nil) {
        self.maps = maps
        self.errors = errors
        self.neutral = neutral
    }
}

/// Images as floats, with what the network says about them unchanged.
public struct PerturbedBatch {
    let network: Network
    let quantity: Quantity
    let count: Int
    let shape: MapShape
    /// [count, height, width, channels]
    let pixels: Arena
    /// [count] the class the target means, the predicted class, and the target's value.
    public let labels: [Int]
    public let predicted: [Int]
    public let values: [Double]

    /// - Throws: `NetworkError`.
    public init(network: Network, images: Images, target: Target) throws {
        let classes = network.classes
        try target.check(images: images.count, classes: classes)
        let logits = try Arena(count: images.count * classes)
        try network.logits(images, into: logits.base)
        self.network = network
        quantity = target.quantity
        count = images.count
        shape = images.shape
        let size = images.shape.count
        pixels = try Arena(count: images.count * size)
        for image in 0 ..< images.count { images.read(image, into: pixels.base + image * size) }
        var labels: [Int] = [], predicted: [Int] = [], values: [Double] = []
        for image in 0 ..< images.count {
            let row = logits.base + image * classes
            labels.append(target.label(image: image, logits: row, classes: classes))
            predicted.append(Target.largest(row, classes))
            values.append(target.quantity.evaluate(row, classes: classes, label: labels[image]))
        }
        withExtendedLifetime(logits) {}
        self.labels = labels
        self.predicted = predicted
        self.values = values
    }

    /// The target of `changes` changed versions of each image; version n is number n mod changes of image n / changes.
    ///
    /// - Parameters:
    ///   - make: writes the versions of a pass.
    ///   - visit: is told image, change and value, in order.
    func values(changes: Int, make: (Range<Int>, Network.Canvas) -> Void, visit: (Int, Int, Double) -> Void) throws {
        let classes = network.classes
        try network.logits(count: count * changes, make: make) { numbers, logits in
            for number in numbers {
                let image = number / changes
                visit(image, number % changes,
                      quantity.evaluate(logits + (number - numbers.lowerBound) * classes, classes: classes, label: labels[image]))
            }
        }
    }

    /// The same for the target's gradient with respect to the pixels, [height, width, channels].
    func gradients(changes: Int, make: (Range<Int>, Network.Canvas) -> Void,
                   visit: (Int, Int, UnsafePointer<Float>) -> Void) throws {
        let classes = network.classes
        try network.explain(count: count * changes, layers: [Architecture.image], make: make, seed: { tap, gradient in
            for number in 0 ..< tap.count {
                quantity.writeGradient(tap.logits + number * classes, classes: classes,
                                       label: labels[(tap.first + number) / changes], into: gradient + number * classes)
            }
        }, visit: { tap in
            try tap.withValues(of: Architecture.image, count: tap.count * shape.count) { _, gradients in
                for number in 0 ..< tap.count {
                    let version = tap.first + number
                    visit(version / changes, version % changes, gradients + number * shape.count)
                }
            }
        })
    }

    /// Writes versions of images where the network reads them, on all threads.
    ///
    /// - Parameter pixel: from the image's pixels, its number, the change's, and an index among [height, width, channels].
    func make(_ numbers: Range<Int>, changes: Int, canvas: Network.Canvas,
              pixel: @escaping (UnsafePointer<Float>, Int, Int, Int) -> Float) {
        let shape = shape, pixels = pixels
        ForEachImage.run(numbers.count) { part in
            for index in part {
                let image = (numbers.lowerBound + index) / changes, change = (numbers.lowerBound + index) % changes
                let source = pixels.base + image * shape.count
                var i = 0
                for y in 0 ..< shape.height {
                    let row = canvas.pixels + index * canvas.imageStep + y * canvas.rowStep
                    for x in 0 ..< shape.width * shape.channels {
                        row[x] = pixel(source, image, change, i)
                        i += 1
                    }
                }
            }
        }
    }
}

extension Network {
    /// Maps [count, height, width] of a perturbation method, all at once.
    /// - Throws: `NetworkError`.
    public func explain(_ images: Images, by method: some Perturbation, target: Target, into maps: PerturbationMaps) throws {
        let batch = try PerturbedBatch(network: self, images: images, target: target)
        let count = method.sumCount(images: images.count, shape: images.shape)
        // Two floats of zeros are a double's.
        let memory = try Arena(count: 2 * count)
        defer { withExtendedLifetime(memory) {} }
        let sums = UnsafeMutableRawPointer(memory.base).bindMemory(to: Double.self, capacity: count)
        try method.add(0 ..< method.count(of: images.shape), of: batch, to: sums)
        method.finish(sums, images: images.count, shape: images.shape, values: batch.values, into: maps)
    }
}
