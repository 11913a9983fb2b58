import Kernels

/// A convolution or linear layer by direct sums.
final class WindowOperation: WeightedOperation {
    private let layer: WindowLayer
    private let isLinear: Bool

    init(layer: WindowLayer, isLinear: Bool, input: Value, output: Value, padding: Size, relu: Bool, weights: Weights) {
        self.layer = layer
        self.isLinear = isLinear
        super.init(input: input, output: output, padding: padding, relu: relu, weights: weights)
    }

    /// The windows of a layer; without a kernel, those of a linear one for `capacity` images.
    static func layer(input: Value, output: Value, kernel: Size?, stride: Size, dilation: Size,
                      capacity: Int) -> WindowLayer {
        guard let kernel else {
            return WindowLayer(geometry: WindowGeometry(linearInputs: input.shape.count, images: capacity),
                               outputs: output.shape.channels, outputColumnStep: output.shape.channels,
                               outputRowStep: 0, outputImageStep: 0)
        }
        let geometry = WindowGeometry(
            rows: output.shape.height, columns: output.shape.width, channels: input.shape.channels,
            kernel: (kernel.height, kernel.width), stride: (stride.height, stride.width),
            dilation: (dilation.height, dilation.width), imageRowStep: input.rowStep, imageStep: input.imageStep)
        return WindowLayer(geometry: geometry, outputs: output.shape.channels,
                           outputColumnStep: output.shape.channels, outputRowStep: output.rowStep,
                           outputImageStep: output.imageStep)
    }

    override func packForProduct(_ pool: ThreadPool) {
        pool.run(ProductPacking(layer: layer, weights: weights.weight, packed: weights.packedForProduct))
    }

    override func packForScatter(_ pool: ThreadPool) {
        guard let packed = weights.packedForScatter else { return }
        pool.run(ScatterPacking(layer: layer, weights: weights.weight, packed: packed))
    }

    /// The layer for a batch: a linear layer has its images side by side in one row.
    private func batch(_ pass: Pass) -> (layer: WindowLayer, images: Int) {
        isLinear ? (layer.columns(pass.images), 1) : (layer, pass.images)
    }

    private func product(_ pass: Pass) -> WindowProduct {
        let (layer, images) = batch(pass)
        return WindowProduct(
            layer: layer, images: images, input: firstWindow, packed: weights.packedForProduct, bias: weights.bias,
            output: output.activations + output.interior, relu: relu)
    }

    override func multiply(_ pass: Pass, into pooling: MaxPooling?) {
        if let pooling {
            pass.pool.run(PooledProduct(product: product(pass), pooling: pooling))
        } else {
            pass.pool.run(product(pass))
        }
    }

    override func backward(_ pass: Pass, from outputGradient: UnsafeMutablePointer<Float>) {
        let (layer, images) = batch(pass)
        let dy = UnsafePointer(outputGradient + output.interior)
        if let weightGradient = weights.weightGradient {
            let packing = GradientPacking(layer: layer, images: images, outputGradient: dy, packed: weights.scratch)
            pass.pool.run(packing)
            let gradient = WindowGradient(packing: packing, input: firstWindow, weightGradient: weightGradient,
                                          biasGradient: weights.biasGradient)
            pass.pool.run(gradient)
            pass.pool.run(WeightReduction(gradient: gradient))
        }
        if let inputGradient, let packed = weights.packedForScatter {
            pass.pool.run(WindowScatter(layer: layer, images: images, outputGradient: dy, packed: packed,
                                        inputGradient: inputGradient))
        }
    }
}
