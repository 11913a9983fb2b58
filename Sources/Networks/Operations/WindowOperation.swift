import Kernels

/// A convolution or linear layer, with the ReLU after it where that was fused.
final class WindowOperation: Operation {
    /// Memory of a layer's weights: the parameters, their gradient (while training), and the packed copies.
    struct Weights {
        var weight: UnsafePointer<Float>
        var bias: UnsafePointer<Float>?
        var weightGradient: UnsafeMutablePointer<Float>?
        var biasGradient: UnsafeMutablePointer<Float>?
        var packedForProduct: UnsafeMutablePointer<Float>
        var packedForScatter: UnsafeMutablePointer<Float>?
        /// For the packed output gradient, while training; shared by all layers.
        var packedGradient: UnsafeMutablePointer<Float>?
    }

    private let input: Value
    private let output: Value
    private let layer: WindowLayer
    private let isLinear: Bool
    private let padding: Size
    private let relu: Bool
    private let weights: Weights

    init(input: Value, output: Value, kernel: Size?, stride: Size, padding: Size, dilation: Size, relu: Bool,
         weights: Weights, capacity: Int) {
        self.input = input
        self.output = output
        self.padding = padding
        self.relu = relu
        self.weights = weights
        isLinear = kernel == nil
        layer = Self.layer(input: input, output: output, kernel: kernel, stride: stride, dilation: dilation, capacity: capacity)
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

    /// Copies the weights into the order the sums read them in; to be done whenever they have changed.
    func pack(_ pool: ThreadPool) {
        pool.run(ProductPacking(layer: layer, weights: weights.weight, packed: weights.packedForProduct))
        if let packed = weights.packedForScatter {
            pool.run(ScatterPacking(layer: layer, weights: weights.weight, packed: packed))
        }
    }

    /// The layer for a batch: a linear layer has its images side by side in one row.
    private func batch(_ layer: WindowLayer, _ pass: Pass) -> (layer: WindowLayer, images: Int) {
        isLinear ? (layer.columns(pass.images), 1) : (layer, pass.images)
    }

    override func forward(_ pass: Pass) {
        let (layer, images) = batch(layer, pass)
        pass.pool.run(WindowProduct(
            layer: layer, images: images, input: input.activations + input.start(padding: padding),
            packed: weights.packedForProduct, bias: weights.bias, output: output.activations + output.interior,
            relu: relu))
    }

    override func backward(_ pass: Pass) {
        guard let outputGradient = output.gradient else { return }
        if relu {
            pass.pool.run(RectifyMask(count: pass.images * output.imageStep, output: output.activations,
                                      gradient: outputGradient))
        }
        let (layer, images) = batch(layer, pass)
        let dy = UnsafePointer(outputGradient + output.interior)
        if let weightGradient = weights.weightGradient, let packed = weights.packedGradient {
            let packing = GradientPacking(layer: layer, images: images, outputGradient: dy, packed: packed)
            pass.pool.run(packing)
            let gradient = WindowGradient(packing: packing, input: input.activations + input.start(padding: padding),
                                          weightGradient: weightGradient, biasGradient: weights.biasGradient)
            pass.pool.run(gradient)
            pass.pool.run(WeightReduction(gradient: gradient))
        }
        if let inputGradient = input.gradient, let packed = weights.packedForScatter {
            pass.pool.run(WindowScatter(layer: layer, images: images, outputGradient: dy, packed: packed,
                                        inputGradient: inputGradient + input.start(padding: padding)))
        }
    }
}
