import Kernels

/// A convolution and the max pooling after it, where nothing else asks for the convolution's output.
final class PooledOperation: WeightedOperation {
    private let convolution: WeightedOperation
    private let pooling: MaxPoolingOperation

    init(convolution: WeightedOperation, pooling: MaxPoolingOperation) {
        self.convolution = convolution
        self.pooling = pooling
        super.init(input: convolution.input, output: convolution.output, padding: convolution.padding,
                   relu: convolution.relu, weights: convolution.weights)
    }

    override func packForProduct(_ pool: ThreadPool) { convolution.packForProduct(pool) }
    override func packForScatter(_ pool: ThreadPool) { convolution.packForScatter(pool) }

    override func multiply(_ pass: Pass, into _: MaxPooling?) { convolution.multiply(pass, into: pooling.kernel(pass)) }
}
