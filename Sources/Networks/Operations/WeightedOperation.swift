import Kernels

/// An operation with weights: a convolution or linear layer, with the ReLU after it where that was fused.
class WeightedOperation: Operation {
    /// Memory of a layer's weights: the parameters, their gradient (while training), and the packed copies.
    struct Weights {
        var weight: UnsafePointer<Float>
        var bias: UnsafePointer<Float>?
        var weightGradient: UnsafeMutablePointer<Float>?
        var biasGradient: UnsafeMutablePointer<Float>?
        var packedForProduct: UnsafeMutablePointer<Float>
        var packedForScatter: UnsafeMutablePointer<Float>?
        /// For what gradients need on the way; shared by all layers.
        var gradientScratch: UnsafeMutablePointer<Float>?
        /// The batch normalisation that `weight` and `bias` hold too; nil: none.
        var normalisation: FoldedNormalisation?
    }

    let input: Value
    let output: Value
    let padding: Size
    let relu: Bool
    let weights: Weights

    init(input: Value, output: Value, padding: Size, relu: Bool, weights: Weights) {
        self.input = input
        self.output = output
        self.padding = padding
        self.relu = relu
        self.weights = weights
    }

    /// Where the first image's first window begins, and its place in the gradient, if that is wanted.
    var firstWindow: UnsafePointer<Float> { UnsafePointer(input.activations + input.start(padding: padding)) }
    var inputGradient: UnsafeMutablePointer<Float>? { input.gradient.map { $0 + input.start(padding: padding) } }

    /// Copies the weights into the order the sums read them in; to be done whenever they have changed.
    final func prepare(_ pool: ThreadPool) {
        weights.normalisation?.fold()
        pack(pool)
    }

    func pack(_ pool: ThreadPool) {}

    /// As `forward`, but the output goes image by image into a max pooling and is not kept.
    func forward(_ pass: Pass, into pooling: MaxPooling) {}

    /// `outputGradient` is already 0 where the ReLU cut off.
    func backward(_ pass: Pass, from outputGradient: UnsafeMutablePointer<Float>) {}

    override final func backward(_ pass: Pass) {
        guard let outputGradient = output.gradient else { return }
        if relu {
            pass.pool.run(RectifyMask(count: pass.images * output.imageStep, output: output.activations,
                                      gradient: outputGradient))
        }
        backward(pass, from: outputGradient)
    }
}
