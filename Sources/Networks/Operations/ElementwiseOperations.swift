import Kernels

// Input and output of these have the same border (see `PlanCompiler.planBorders`), so they run over the flat memory.

/// max(x, 0), where it was not fused into the layer before.
final class RectifyOperation: Operation {
    private let input: Value
    private let output: Value

    init(input: Value, output: Value) {
        self.input = input
        self.output = output
    }

    override func forward(_ pass: Pass) {
        pass.pool.run(Rectify(count: pass.images * input.imageStep, input: input.activations, output: output.activations))
    }

    override func backward(_ pass: Pass) {
        guard let outputGradient = output.gradient, let inputGradient = input.gradient else { return }
        pass.pool.run(RectifyGradient(count: pass.images * input.imageStep, output: output.activations,
                                      outputGradient: outputGradient, inputGradient: inputGradient))
    }
}

/// Dropout while training. At inference the layer is left out: its output is its input.
final class DropoutOperation: Operation {
    private let input: Value
    private let output: Value
    private let rate: Float
    /// Which of the network's layers it is: its stream of random numbers.
    private let index: Int
    /// [capacity · imageStep] the factor each element was multiplied by.
    private let kept: UnsafeMutablePointer<Float>
    private let blocksPerStep: UInt64

    init(input: Value, output: Value, rate: Double, index: Int, kept: UnsafeMutablePointer<Float>, capacity: Int) {
        self.input = input
        self.output = output
        self.rate = Float(rate)
        self.index = index
        self.kept = kept
        blocksPerStep = UInt64(Dropout.blocks(capacity * input.imageStep))
    }

    override func forward(_ pass: Pass) {
        pass.pool.run(Dropout(count: pass.images * input.imageStep, rate: rate,
                              random: Philox(seed: pass.seed, purpose: .dropout, index: index),
                              firstBlock: UInt64(pass.step) * blocksPerStep, input: input.activations,
                              output: output.activations, kept: kept))
    }

    override func backward(_ pass: Pass) {
        guard let outputGradient = output.gradient, let inputGradient = input.gradient else { return }
        pass.pool.run(DropoutGradient(count: pass.images * input.imageStep, kept: kept,
                                      outputGradient: outputGradient, inputGradient: inputGradient))
    }
}

/// Flattening where the input has a border and must be copied; without one its memory is the output's.
final class FlattenOperation: Operation {
    private let input: Value
    private let output: Value

    init(input: Value, output: Value) {
        self.input = input
        self.output = output
    }

    override func forward(_ pass: Pass) {
        input.read(input.activations, images: pass.images, into: output.activations)
    }

    override func backward(_ pass: Pass) {
        guard let outputGradient = output.gradient, let inputGradient = input.gradient else { return }
        let rowLength = input.shape.width * input.shape.channels
        var source = UnsafePointer(outputGradient)
        for image in 0 ..< pass.images {
            for y in 0 ..< input.shape.height {
                let row = inputGradient + (image * input.imageStep + input.interior + y * input.rowStep)
                for x in 0 ..< rowLength { row[x] += source[x] }
                source += rowLength
            }
        }
    }
}

/// Sum of several inputs, where branches meet, with the ReLU after it where that was fused.
final class AddOperation: Operation {
    private let inputs: [Value]
    private let output: Value
    private let relu: Bool

    init(inputs: [Value], output: Value, relu: Bool) {
        self.inputs = inputs
        self.output = output
        self.relu = relu
    }

    override func forward(_ pass: Pass) {
        let count = pass.images * output.imageStep, isPair = inputs.count == 2
        pass.pool.run(Sum(count: count, first: inputs[0].activations, second: inputs[1].activations,
                          output: output.activations, relu: relu && isPair))
        if isPair { return }
        for input in inputs[2...] {
            pass.pool.run(Accumulate(count: count, source: input.activations, target: output.activations))
        }
        if relu { pass.pool.run(Rectify(count: count, input: output.activations, output: output.activations)) }
    }

    override func backward(_ pass: Pass) {
        guard let outputGradient = output.gradient else { return }
        let count = pass.images * output.imageStep
        if relu { pass.pool.run(RectifyMask(count: count, output: output.activations, gradient: outputGradient)) }
        for input in inputs {
            guard let inputGradient = input.gradient else { continue }
            pass.pool.run(Accumulate(count: count, source: outputGradient, target: inputGradient))
        }
    }
}
