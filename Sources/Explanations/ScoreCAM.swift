import Evidential
import Kernels
import Networks

extension Network {
    /// Score-CAM before the ReLU (Wang et al., CVPR Workshops 2020): raw maps Σ_k w_k A^k [count, h, w] of a layer.
    ///
    /// Channel k's activations, resized and stretched to 0 ... 1, are a mask M_k of the image;
    /// w = softmax_k y(image ⊙ M_k), to which the paper's baseline, the black image, adds the same to each k and so nothing.
    /// A channel that is the same everywhere hides all. Cells are stretched before an aligned resize too, so that it
    /// fades to what is hidden. Maps are in units of the activations; y alone decides the weights.
    ///
    /// - Parameter labels: [count], receives the predicted classes; nil when not wanted.
    /// - Throws: `NetworkError`.
    public func scoreCAM(_ images: Images, layer: String, target: Target, resize: Resize,
                         into maps: UnsafeMutablePointer<Float>, labels: UnsafeMutablePointer<Int32>? = nil) throws {
        try target.check(images: images.count, classes: classes)
        let shape = try mapShape(of: layer)
        // A pass at a time, for the activations of all its images are kept.
        for first in stride(from: 0, to: images.count, by: Self.largestPass) {
            let count = min(Self.largestPass, images.count - first)
            try scoreCAM(pass: images.slice(from: first, count: count), layer: layer, shape: shape,
                         target: target.slice(first ..< first + count), resize: resize,
                         into: maps + first * shape.height * shape.width, labels: labels.map { $0 + first })
        }
    }

    private func scoreCAM(pass images: Images, layer: String, shape: MapShape, target: Target, resize: Resize,
                          into maps: UnsafeMutablePointer<Float>, labels: UnsafeMutablePointer<Int32>?) throws {
        let image = images.shape
        let cells = shape.height * shape.width, pixels = image.height * image.width, channels = shape.channels
        let batch = try PerturbedBatch(network: self, images: images, target: target)
        let activations = try Arena(count: images.count * shape.count)
        try explain(images, layers: [layer], seed: { tap, gradient in
            gradient.update(repeating: 0, count: tap.count * classes)
        }, visit: { $0.activations(of: layer, into: activations.base + $0.first * shape.count) })
        let masks = try Arena(count: channels * pixels), curtain = try Arena(count: channels * cells)
        defer { withExtendedLifetime((activations, masks, curtain)) {} }
        var weights = [Double](repeating: 0, count: channels)
        for index in 0 ..< images.count {
            let own = activations.base + index * shape.count
            for k in 0 ..< channels {
                for cell in 0 ..< cells { curtain.base[k * cells + cell] = own[cell * channels + k] }
            }
            Self.stretch(curtain.base, count: channels, size: cells)
            resize.apply(to: curtain.base, count: channels, h: shape.height, w: shape.width, height: image.height,
                         width: image.width, resized: masks.base)
            Self.stretch(masks.base, count: channels, size: pixels)
            try logits(count: channels, make: { numbers, canvas in
                ThreadPool.shared.run(MaskedImages(
                    numbers: numbers, images: batch.pixels.base + index * image.count, masks: masks.base,
                    maskCount: channels, maskStep: pixels, rows: image.height, columns: image.width,
                    channels: image.channels, output: canvas.pixels, outputRowStep: canvas.rowStep,
                    outputImageStep: canvas.imageStep))
            }, visit: { numbers, logits in
                for k in numbers {
                    weights[k] = target.quantity.evaluate(logits + (k - numbers.lowerBound) * classes,
                                                          classes: classes, label: batch.labels[index])
                }
            })
            Quantity.softmax(&weights)
            LayerValues(activations: own, gradients: own, cells: cells, channels: channels)
                .draw(weights: weights, into: maps + index * cells)
            labels?[index] = Int32(batch.predicted[index])
        }
    }

    /// Stretches each of `count` runs of `size` values to 0 ... 1; runs of one value become 0.
    private static func stretch(_ maps: UnsafeMutablePointer<Float>, count: Int, size: Int) {
        for run in 0 ..< count {
            let map = UnsafeMutableBufferPointer(start: maps + run * size, count: size)
            let low = map.min()!, high = map.max()!
            for i in map.indices { map[i] = high > low ? (map[i] - low) / (high - low) : 0 }
        }
    }
}
