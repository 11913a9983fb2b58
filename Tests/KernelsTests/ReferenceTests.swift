import Testing
@testable import Kernels

/// The references' gradients against central differences of their own outputs, in Double.
@Suite struct ReferenceTests {
    private static let windows = [
        WindowCase(height: 6, width: 7),
        WindowCase(height: 9, width: 8, outputs: 2, kernel: (2, 3), stride: (2, 1), padding: (1, 0), dilation: (3, 2)),
        WindowCase(images: 1, height: 5, width: 5, channels: 1, outputs: 1, kernel: (5, 5), padding: (2, 2)),
    ]

    @Test(arguments: windows) func convolutionGradients(shape: WindowCase) {
        let random = Numbers(seed: 1)
        let input = random.images(shape.images, shape.height, shape.width, shape.channels)
        let weights = random.values(shape.kernel.0 * shape.kernel.1 * shape.channels * shape.outputs)
        let bias = random.values(shape.outputs)
        let output = Reference.convolution(input, weights: weights, bias: bias, outputs: shape.outputs, window: shape.window)
        // The scalar whose gradient is taken: Σ r · y with fixed random r.
        let r = random.images(output.count, output.height, output.width, output.channels)
        func scalar(_ input: ReferenceImages<Double>, _ weights: [Double], _ bias: [Double]) -> Double {
            let y = Reference.convolution(input, weights: weights, bias: bias, outputs: shape.outputs, window: shape.window)
            return zip(y.values, r.values).reduce(0) { $0 + $1.0 * $1.1 }
        }
        let gradients = Reference.convolutionGradients(input, weights: weights, outputGradient: r, window: shape.window)
        expectSlopes(gradients.input.values, of: input.values) { values in
            var moved = input
            moved.values = values
            return scalar(moved, weights, bias)
        }
        expectSlopes(gradients.weights, of: weights) { scalar(input, $0, bias) }
        expectSlopes(gradients.bias, of: bias) { scalar(input, weights, $0) }
    }

    @Test(arguments: [false, true], windows) func poolingGradients(average: Bool, shape: WindowCase) {
        let random = Numbers(seed: 2)
        let input = random.images(shape.images, shape.height, shape.width, shape.channels)
        func pooled(_ input: ReferenceImages<Double>) -> ReferenceImages<Double> {
            average ? Reference.averagePooling(input, window: shape.window) : Reference.maxPooling(input, window: shape.window)
        }
        let output = pooled(input)
        let r = random.images(output.count, output.height, output.width, output.channels)
        let gradient = average
            ? Reference.averagePoolingGradient(input, outputGradient: r, window: shape.window)
            : Reference.maxPoolingGradient(input, outputGradient: r, window: shape.window)
        expectSlopes(gradient.values, of: input.values) { values in
            var moved = input
            moved.values = values
            return zip(pooled(moved).values, r.values).reduce(0) { $0 + $1.0 * $1.1 }
        }
    }

    /// Every seventh element of `gradient` against (f(x + h) - f(x - h)) / 2h.
    private func expectSlopes(_ gradient: [Double], of x: [Double], _ f: ([Double]) -> Double) {
        let h = 1e-6
        #expect(gradient.count == x.count)
        for i in stride(from: 0, to: x.count, by: x.count > 100 ? 7 : 1) {
            var up = x, down = x
            up[i] += h
            down[i] -= h
            let slope = (f(up) - f(down)) / (2 * h)
            #expect(abs(gradient[i] - slope) <= 1e-7 * max(1, abs(slope)))
        }
    }
}
