/// Plain implementations that the kernels must agree with.
///
/// The convolutions are specialised: without that, tests in another module would run them some twenty times slower.
public enum Reference {
    /// y[n, y, x, o] = b[o] + Σ_{i, j, c} x[n, at tap (i, j), c] · W[i, j, c, o], zeros outside the image.
    /// - Parameters:
    ///   - weights: [kernel height, kernel width, channels, outputs]
    ///   - bias: [outputs], or nil
    @specialized(where Number == Double)
    @specialized(where Number == Float)
    public static func convolution<Number>(
        _ input: ReferenceImages<Number>, weights: [Number], bias: [Number]?, outputs: Int, window: ReferenceWindow
    ) -> ReferenceImages<Number> {
        let size = window.outputs(height: input.height, width: input.width)
        var output = ReferenceImages<Number>(count: input.count, height: size.height, width: size.width, channels: outputs)
        forEachProduct(input, output: output, window: window) { n, y, x, o, position, k, c in
            guard let value = input.within(n, position.y, position.x, c) else { return }
            output[n, y, x, o] += value * weights[k * outputs + o]
        }
        if let bias {
            for i in output.values.indices { output.values[i] += bias[i % outputs] }
        }
        return output
    }

    /// The gradients of `convolution` with respect to its input, weights and bias.
    @specialized(where Number == Double)
    @specialized(where Number == Float)
    public static func convolutionGradients<Number>(
        _ input: ReferenceImages<Number>, weights: [Number], outputGradient: ReferenceImages<Number>, window: ReferenceWindow
    ) -> (input: ReferenceImages<Number>, weights: [Number], bias: [Number]) {
        let outputs = outputGradient.channels
        var inputGradient = ReferenceImages<Number>(count: input.count, height: input.height, width: input.width,
                                                    channels: input.channels)
        var weightGradient = [Number](repeating: 0, count: weights.count)
        forEachProduct(input, output: outputGradient, window: window) { n, y, x, o, position, k, c in
            guard let value = input.within(n, position.y, position.x, c) else { return }
            let gradient = outputGradient[n, y, x, o]
            inputGradient[n, position.y, position.x, c] += gradient * weights[k * outputs + o]
            weightGradient[k * outputs + o] += gradient * value
        }
        var biasGradient = [Number](repeating: 0, count: outputs)
        for (i, gradient) in outputGradient.values.enumerated() { biasGradient[i % outputs] += gradient }
        return (inputGradient, weightGradient, biasGradient)
    }

    /// Visits every product of a convolution: output (n, y, x, o), tap position, and the weight's row k and channel c.
    private static func forEachProduct<Number>(
        _ input: ReferenceImages<Number>, output: ReferenceImages<Number>, window: ReferenceWindow,
        _ visit: (_ n: Int, _ y: Int, _ x: Int, _ o: Int, _ position: (y: Int, x: Int), _ k: Int, _ c: Int) -> Void
    ) {
        for n in 0 ..< output.count {
            for y in 0 ..< output.height {
                for x in 0 ..< output.width {
                    for i in 0 ..< window.kernel.height {
                        for j in 0 ..< window.kernel.width {
                            let position = window.position(y, x, i, j)
                            for c in 0 ..< input.channels {
                                let k = (i * window.kernel.width + j) * input.channels + c
                                for o in 0 ..< output.channels { visit(n, y, x, o, position, k, c) }
                            }
                        }
                    }
                }
            }
        }
    }
}
