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
        /// Whether all layers share the packed copies' memory, so that they are made anew where they are used: while training,
        /// where weights change with every step anyway.
        var isPackedOnUse: Bool
        /// For what a pass needs on the way; shared by all layers.
        var scratch: UnsafeMutablePointer<Float>
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
        if weights.isPackedOnUse { return }
        weights.normalisation?.fold()
        packForProduct(pool)
        if input.gradient != nil { packForScatter(pool) }
    }

    func packForProduct(_ pool: ThreadPool) {}
    /// For the gradient of the input.
    func packForScatter(_ pool: ThreadPool) {}

    override final func forward(_ pass: Pass) { forward(pass, into: nil) }

    /// With a max pooling the output goes image by image into it and is not kept.
    final func forward(_ pass: Pass, into pooling: MaxPooling?) {
        if weights.isPackedOnUse { packForProduct(pass.pool) }
        multiply(pass, into: pooling)
    }

    func multiply(_ pass: Pass, into pooling: MaxPooling?) {}

    /// `outputGradient` is already 0 where the ReLU cut off.
    func backward(_ pass: Pass, from outputGradient: UnsafeMutablePointer<Float>) {}

    override final func backward(_ pass: Pass) {
        guard let outputGradient = output.gradient else { return }
        if relu {
            pass.pool.run(RectifyMask(count: pass.images * output.imageStep, output: output.activations,
                                      gradient: outputGradient))
        }
        if weights.isPackedOnUse, input.gradient != nil { packForScatter(pass.pool) }
        backward(pass, from: outputGradient)
    }
}
