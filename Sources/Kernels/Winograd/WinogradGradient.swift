/// The gradients of a convolution by minimal filtering: of its input, and of its weights and bias.
///
/// The batch's tiles go through in chunks. Inputs and output gradients are transformed into shared memory, then each pair
/// of points adds x̂ᵀ · dŷ to the weights' sums and puts dŷ · ŵᵀ where x̂ was, and last that is turned back into the input
/// gradient. The work is split by points, so that every sum has one place and is added up in one order.
public struct WinogradGradient {
    let layer: WinogradLayer
    let images: Int
    let input: UnsafePointer<Float>
    let outputGradient: UnsafePointer<Float>
    let scratch: UnsafeMutablePointer<Float>
    let toInput: Input?
    let toWeights: Weights?

    /// Where the gradient of the input goes.
    public struct Input {
        /// First window of the first image; added to.
        var gradient: UnsafeMutablePointer<Float>
        /// What `WinogradPacking` wrote.
        var packed: UnsafePointer<Float>

        public init(gradient: UnsafeMutablePointer<Float>, packed: UnsafePointer<Float>) {
            self.gradient = gradient
            self.packed = packed
        }
    }

    /// Where the gradient of the weights goes.
    public struct Weights {
        /// [r, r, C, N]; overwritten.
        var gradient: UnsafeMutablePointer<Float>
        /// [N]; overwritten; nil if there is no bias.
        var bias: UnsafeMutablePointer<Float>?

        public init(gradient: UnsafeMutablePointer<Float>, bias: UnsafeMutablePointer<Float>?) {
            self.gradient = gradient
            self.bias = bias
        }
    }

    /// - Parameters:
    ///   - input: first window of the first image.
    ///   - scratch: `layer.gradientCount` floats.
    ///   - toInput: nil if the input's gradient is not wanted.
    ///   - toWeights: nil if the weights' gradient is not wanted.
    public init(layer: WinogradLayer, images: Int, input: UnsafePointer<Float>, outputGradient: UnsafePointer<Float>,
                scratch: UnsafeMutablePointer<Float>, toInput: Input?, toWeights: Weights?) {
        self.layer = layer
        self.images = images
        self.input = input
        self.outputGradient = outputGradient
        self.scratch = scratch
        self.toInput = toInput
        self.toWeights = toWeights
    }

    public func run(on pool: ThreadPool) {
        for tiles in layer.chunks(images: images) {
            let chunk = WinogradChunk(gradient: self, tiles: tiles)
            pool.run(ChunkTransforms(chunk: chunk))
            pool.run(ChunkProducts(chunk: chunk))
            if let toInput { pool.run(ChunkScatter(chunk: chunk, target: toInput.gradient)) }
        }
        if let toWeights { pool.run(WinogradReduction(gradient: self, weights: toWeights)) }
    }
}
