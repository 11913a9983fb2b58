import Kernels

/// Max pooling, with the ReLU after it where that was fused.
///
/// Windows that reach into padding must not see its zeros, unless a ReLU before or after makes zero the floor anyway; the
/// input is then first copied into a frame of -infinity.
final class MaxPoolingOperation: Operation {
    private let input: Value
    private let output: Value
    private let shape: PoolingShape
    private let padding: Size
    private let relu: Bool
    /// Whether the input's gradient is written here alone, so that it need not be cleared and added to.
    private let overwrites: Bool
    /// A copy of the input framed by -infinity, and its gradient; nil where the input itself serves.
    private let frame: Value?
    /// Which element of each window won, laid out like the output; nil where no gradient is wanted.
    private let winners: UnsafeMutablePointer<Float>?

    /// - Parameter frame: a placed value of the input's shape with `padding` as its border, or nil.
    init(input: Value, output: Value, kernel: Size, stride: Size, padding: Size, relu: Bool, overwrites: Bool,
         frame: Value?, winners: UnsafeMutablePointer<Float>?, capacity: Int) {
        self.input = input
        self.output = output
        self.padding = padding
        self.relu = relu
        self.overwrites = overwrites
        self.frame = frame
        self.winners = winners
        shape = PoolingShape(kernel: kernel, stride: stride, input: frame ?? input, output: output)
        if let frame { frame.activations.update(repeating: -.infinity, count: capacity * frame.imageStep) }
    }

    private var source: Value { frame ?? input }

    override func forward(_ pass: Pass) {
        if let frame { copyInterior(input.activations, input, frame.activations, frame, images: pass.images) }
        pass.pool.run(kernel(pass))
    }

    func kernel(_ pass: Pass) -> MaxPooling {
        MaxPooling(shape: shape, images: pass.images, input: source.activations + source.start(padding: padding),
                   output: output.activations + output.interior, winners: winners.map { $0 + output.interior }, relu: relu)
    }

    override func backward(_ pass: Pass) {
        guard let outputGradient = output.gradient, let inputGradient = input.gradient, let winners else { return }
        let target = frame?.gradient ?? inputGradient
        if let frame { pass.pool.run(Clear(count: pass.images * frame.imageStep, target: target)) }
        pass.pool.run(MaxPoolingGradient(
            shape: shape, images: pass.images, winners: winners + output.interior,
            outputGradient: outputGradient + output.interior, inputGradient: target + source.start(padding: padding),
            overwrites: overwrites))
        if let frame { addInterior(target, frame, inputGradient, input, images: pass.images) }
    }

    private func copyInterior(_ from: UnsafePointer<Float>, _ source: Value, _ to: UnsafeMutablePointer<Float>,
                              _ target: Value, images: Int) {
        forEachRow(source, target, images: images) { (to + $1).update(from: from + $0, count: $2) }
    }

    private func addInterior(_ from: UnsafePointer<Float>, _ source: Value, _ to: UnsafeMutablePointer<Float>,
                             _ target: Value, images: Int) {
        forEachRow(source, target, images: images) { first, second, count in
            for i in 0 ..< count { to[second + i] += from[first + i] }
        }
    }

    /// Calls `body` with where each row of two values of one shape begins, and its length.
    private func forEachRow(_ a: Value, _ b: Value, images: Int, _ body: (Int, Int, Int) -> Void) {
        for image in 0 ..< images {
            for y in 0 ..< a.shape.height {
                body(image * a.imageStep + a.interior + y * a.rowStep, image * b.imageStep + b.interior + y * b.rowStep,
                     a.shape.width * a.shape.channels)
            }
        }
    }
}

/// Average pooling; global average pooling is one window over the whole map.
final class AveragePoolingOperation: Operation {
    private let input: Value
    private let output: Value
    private let shape: PoolingShape
    private let padding: Size

    init(input: Value, output: Value, kernel: Size, stride: Size, padding: Size) {
        self.input = input
        self.output = output
        self.padding = padding
        shape = PoolingShape(kernel: kernel, stride: stride, input: input, output: output)
    }

    override func forward(_ pass: Pass) {
        pass.pool.run(AveragePooling(shape: shape, images: pass.images,
                                     input: input.activations + input.start(padding: padding),
                                     output: output.activations + output.interior))
    }

    override func backward(_ pass: Pass) {
        guard let outputGradient = output.gradient, let inputGradient = input.gradient else { return }
        pass.pool.run(AveragePoolingGradient(shape: shape, images: pass.images,
                                             outputGradient: outputGradient + output.interior,
                                             inputGradient: inputGradient + input.start(padding: padding)))
    }
}

extension PoolingShape {
    init(kernel: Size, stride: Size, input: Value, output: Value) {
        self.init(channels: input.shape.channels, kernel: (kernel.height, kernel.width),
                  stride: (stride.height, stride.width), rows: output.shape.height, columns: output.shape.width,
                  inputRowStep: input.rowStep, inputImageStep: input.imageStep, outputRowStep: output.rowStep,
                  outputImageStep: output.imageStep)
    }
}
