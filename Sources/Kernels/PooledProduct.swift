/// A convolution's output that can be had image by image.
public protocol ImageProduct: ParallelWork {
    /// The same for one image alone, written to `output`.
    func image(_ image: Int, into output: UnsafeMutablePointer<Float>) -> Self
}

extension WindowProduct: ImageProduct {
    public func image(_ image: Int, into output: UnsafeMutablePointer<Float>) -> WindowProduct {
        WindowProduct(layer: layer, images: 1, input: input + image &* layer.geometry.imageStep, packed: packed, bias: bias,
                      output: output, relu: relu)
    }
}

extension WinogradProduct: ImageProduct {
    public func image(_ image: Int, into output: UnsafeMutablePointer<Float>) -> WinogradProduct {
        WinogradProduct(layer: layer, images: 1, input: input + image &* layer.windows.geometry.imageStep, packed: packed,
                        bias: bias, output: output, relu: relu)
    }
}

/// A convolution and the max pooling after it, image by image: what the convolution gives never leaves the core's caches.
public struct PooledProduct<Product: ImageProduct>: ParallelWork {
    let product: Product
    let pooling: MaxPooling

    /// - Parameters:
    ///   - product: the convolution; its output is not written.
    ///   - pooling: its input is not read.
    public init(product: Product, pooling: MaxPooling) {
        self.product = product
        self.pooling = pooling
    }

    public var partCount: Int { min(pooling.images, 32) }

    public func run(part: Int) {
        guard let between = ThreadScratch.image.floats(pooling.shape.inputImageStep) else { return }
        for image in range(of: part, parts: partCount, count: pooling.images) {
            let product = product.image(image, into: between)
            for part in 0 ..< product.partCount { product.run(part: part) }
            pooling.image(image, from: between).run(part: 0)
        }
    }
}
