import Kernels

extension PlanCompiler {
    /// Places every buffer in one allocation and makes the operations.
    func place() throws -> Plan {
        let layers = running
        var values: [String: Value] = [:]
        for name in [Architecture.image] + layers.map(\.name) {
            values[name] = Value(shape: shapes[name]!, border: borders[name]!)
        }
        var frames: [String: Value] = [:]
        for layer in layers where needsFrame(layer) {
            guard case .maxPooling(_, _, let padding) = layer.kind else { continue }
            frames[layer.name] = Value(shape: shapes[layer.inputs[0]]!, border: padding)
        }

        // Twice the same walk: first to count, then to place.
        var counter = Placer(base: nil)
        try walk(values: values, frames: frames, placer: &counter) { _, _ in }
        let memory = try Arena(count: counter.count)
        var placer = Placer(base: memory.base)
        // The ways forward and back part where a pooling takes a convolution along.
        var operations: [String: Operation] = [:], forward: [String: Operation] = [:]
        try walk(values: values, frames: frames, placer: &placer) { layer, scratch in
            let made = operation(layer, values: values, frame: frames[layer.name], scratch: scratch)
            operations[layer.name] = made
            forward[layer.name] = pooled[layer.name].map { convolution in
                PooledOperation(convolution: operations[convolution] as! WeightedOperation,
                                pooling: made as! MaxPoolingOperation)
            } ?? made
        }

        for (name, source) in sources { values[name] = values[source] }
        let kept = layers.filter { !pooled.values.contains($0.name) }
        return Plan(capacity: capacity, operations: kept.map { forward[$0.name]! },
                    backwardSteps: backwardSteps(layers, operations: operations, values: values), values: values,
                    memory: memory, image: values[Architecture.image]!, logits: values[architecture.layers.last!.name]!)
    }

    /// Memory that a layer's operation needs besides its input and output.
    struct Scratch {
        var packedForProduct: UnsafeMutablePointer<Float>?
        var packedForScatter: UnsafeMutablePointer<Float>?
        var gradientScratch: UnsafeMutablePointer<Float>?
        /// The factors of dropout, or the winners of max pooling.
        var perOutput: UnsafeMutablePointer<Float>?
        /// A batch normalisation's numbers, and the weights and bias it is folded into.
        var perChannel: UnsafeMutablePointer<Float>?
        var foldedWeight: UnsafeMutablePointer<Float>?
        var foldedBias: UnsafeMutablePointer<Float>?
    }

    /// Visits all memory in order.
    private func walk(values: [String: Value], frames: [String: Value], placer: inout Placer,
                      visit: (Layer, Scratch) -> Void) throws {
        let activationBlocks = activationBlocks(), gradientBlocks = gradientBlocks()
        var activations: [Int: UnsafeMutablePointer<Float>] = [:], gradients = activations
        /// The memory of this number, `count` floats, or memory of its own.
        func memory(_ block: Int?, _ known: inout [Int: UnsafeMutablePointer<Float>],
                    count: Int) throws -> UnsafeMutablePointer<Float> {
            if let block, let memory = known[block] { return memory }
            let memory = try placer.take(count)
            if let block { known[block] = memory }
            return memory
        }
        func place(_ value: Value, _ name: String, isKept: Bool = true, gradient: Bool) throws {
            let (count, overflow) = capacity.multipliedReportingOverflow(by: value.imageStep)
            if overflow { throw NetworkError.outOfMemory(bytes: Int.max) }
            value.place(
                activations: try memory(activationBlocks[name], &activations, count: isKept ? count : 0),
                gradient: gradient ? try memory(gradientBlocks[name], &gradients, count: count) : nil)
        }
        try place(values[Architecture.image]!, Architecture.image, gradient: wantsGradient.contains(Architecture.image))
        // One stretch for all layers, which need it one after the other.
        let gradientScratch = try placer.take(gradientScratchCount(values))
        for layer in running {
            let output = values[layer.name]!, input = values[layer.inputs[0]]!
            try place(output, layer.name, isKept: !pooled.values.contains(layer.name),
                      gradient: wantsGradient.contains(layer.name))
            if let frame = frames[layer.name] {
                try place(frame, "frame of \(layer.name)", gradient: wantsGradient.contains(layer.inputs[0]))
            }
            var scratch = Scratch()
            if let window = windowLayer(layer, input: input, output: output) {
                scratch.gradientScratch = gradientScratch
                let winograd = winogradLayer(layer, window)
                scratch.packedForProduct = try placer.take(winograd?.productWeightCount ?? window.productWeightCount)
                if wantsGradient.contains(layer.inputs[0]) {
                    scratch.packedForScatter = try placer.take(winograd?.scatterWeightCount ?? window.scatterWeightCount)
                }
            }
            let channels = output.shape.channels
            if folded[layer.name] != nil {
                scratch.foldedWeight = try placer.take(layout.parameter("\(layer.name).weight")!.shape.count)
                scratch.foldedBias = try placer.take(channels)
            }
            if folded[layer.name] != nil || layer.kind.isBatchNormalisation {
                scratch.perChannel = try placer.take(ChannelMemory.count(channels: channels))
            }
            if remembersOutputs(layer) { scratch.perOutput = try placer.take(capacity * output.imageStep) }
            visit(layer, scratch)
        }
    }

    /// Whether the layer keeps a number for each of its outputs until the way back.
    private func remembersOutputs(_ layer: Layer) -> Bool {
        switch layer.kind {
        case .dropout: true
        case .maxPooling: wantsGradient.contains(layer.inputs[0])
        default: false
        }
    }

    /// Floats of the most that a layer's gradients need on the way.
    private func gradientScratchCount(_ values: [String: Value]) throws -> Int {
        var largest = 0
        for layer in running {
            let output = values[layer.name]!
            // A packed row is at most eight times as long as its channels.
            let (floats, overflow) = capacity.multipliedReportingOverflow(by: 8 * output.imageStep)
            if overflow || floats > Int.max / 2 { throw NetworkError.outOfMemory(bytes: Int.max) }
            guard runsBackward(layer), let window = windowLayer(layer, input: values[layer.inputs[0]]!, output: output) else {
                continue
            }
            let ofWeights = purpose == .training
            if let winograd = winogradLayer(layer, window) {
                largest = max(largest, winograd.gradientCount(ofWeights: ofWeights))
            } else if ofWeights {
                let images = if case .linear = layer.kind { 1 } else { capacity }
                largest = max(largest, window.packedGradientCount(images: images))
            }
        }
        return largest
    }

    private func windowLayer(_ layer: Layer, input: Value, output: Value) -> WindowLayer? {
        switch layer.kind {
        case .convolution(_, let kernel, let stride, _, let dilation, _):
            WindowOperation.layer(input: input, output: output, kernel: kernel, stride: stride, dilation: dilation,
                                  capacity: capacity)
        case .linear:
            WindowOperation.layer(input: input, output: output, kernel: nil, stride: Size(1), dilation: Size(1),
                                  capacity: capacity)
        default: nil
        }
    }

    private func winogradLayer(_ layer: Layer, _ windows: WindowLayer) -> WinogradLayer? {
        guard case .convolution(_, let kernel, let stride, _, let dilation, _) = layer.kind else { return nil }
        return Winograd.layer(windows, kernel: kernel, stride: stride, dilation: dilation)
    }

    private func operation(_ layer: Layer, values: [String: Value], frame: Value?, scratch: Scratch) -> Operation {
        let inputs = layer.inputs.map { values[$0]! }
        let input = inputs[0], output = values[layer.name]!
        let relu = rectified.contains(layer.name)
        switch layer.kind {
        case .convolution(_, _, _, let padding, _, _):
            let windows = windowLayer(layer, input: input, output: output)!
            let weights = weights(of: layer, scratch: scratch)
            if let winograd = winogradLayer(layer, windows) {
                return WinogradOperation(layer: winograd, input: input, output: output, padding: padding, relu: relu,
                                         weights: weights)
            }
            return WindowOperation(layer: windows, isLinear: false, input: input, output: output, padding: padding,
                                   relu: relu, weights: weights)
        case .linear:
            return WindowOperation(layer: windowLayer(layer, input: input, output: output)!, isLinear: true, input: input,
                                   output: output, padding: Size(0), relu: relu, weights: weights(of: layer, scratch: scratch))
        case .maxPooling(let kernel, let stride, let padding):
            return MaxPoolingOperation(input: input, output: output, kernel: kernel, stride: stride, padding: padding,
                                       relu: relu, overwrites: overwrites(layer, layer.inputs[0]), frame: frame,
                                       winners: scratch.perOutput, capacity: capacity)
        case .averagePooling(let kernel, let stride, let padding):
            return AveragePoolingOperation(input: input, output: output, kernel: kernel, stride: stride, padding: padding)
        case .globalAveragePooling:
            let all = Size(input.shape.height, input.shape.width)
            return AveragePoolingOperation(input: input, output: output, kernel: all, stride: all, padding: Size(0))
        case .batchNormalisation(let epsilon, let momentum):
            return NormalisationOperation(
                input: input, residual: inputs.count > 1 ? inputs[1] : nil, output: output,
                parameters: normalisation(layer.name),
                settings: NormalisationOperation.Settings(
                    epsilon: Float(epsilon), momentum: Float(momentum), relu: relu, byBatch: purpose == .training,
                    overwrites: overwrites(layer, layer.inputs[0]),
                    overwritesResidual: layer.inputs.count > 1 && overwrites(layer, layer.inputs[1])),
                memory: ChannelMemory(base: scratch.perChannel!, channels: output.shape.channels))
        case .relu:
            return RectifyOperation(input: input, output: output)
        case .dropout(let rate):
            return DropoutOperation(input: input, output: output, rate: rate, index: architecture.index(of: layer.name)!,
                                    kept: scratch.perOutput!, capacity: capacity)
        case .flatten:
            return FlattenOperation(input: input, output: output)
        case .add:
            return AddOperation(inputs: inputs, output: output, relu: relu)
        }
    }

    private func weights(of layer: Layer, scratch: Scratch) -> WeightedOperation.Weights {
        let weight = layout.parameter("\(layer.name).weight")!, bias = layout.parameter("\(layer.name).bias")
        let normalisation = foldedNormalisation(layer.name, weight: weight, bias: bias, scratch: scratch)
        return WeightedOperation.Weights(
            weight: scratch.foldedWeight ?? parameters + weight.offset,
            bias: scratch.foldedBias.map { UnsafePointer($0) } ?? bias.map { UnsafePointer(parameters + $0.offset) },
            weightGradient: gradient.map { $0 + weight.offset },
            biasGradient: gradient.flatMap { gradient in bias.map { gradient + $0.offset } },
            packedForProduct: scratch.packedForProduct!, packedForScatter: scratch.packedForScatter,
            gradientScratch: scratch.gradientScratch, normalisation: normalisation)
    }

    private func foldedNormalisation(_ layer: String, weight: Parameter, bias: Parameter?,
                                     scratch: Scratch) -> FoldedNormalisation? {
        guard let name = folded[layer], let weights = scratch.foldedWeight, let biases = scratch.foldedBias,
              let memory = scratch.perChannel, let index = architecture.index(of: name),
              case .batchNormalisation(let epsilon, _) = architecture.layers[index].kind else { return nil }
        return FoldedNormalisation(
            parameters: normalisation(name), epsilon: Float(epsilon),
            memory: ChannelMemory(base: memory, channels: shapes[name]!.channels),
            weight: parameters + weight.offset, weightCount: weight.shape.count,
            bias: bias.map { UnsafePointer(parameters + $0.offset) }, foldedWeight: weights, foldedBias: biases)
    }

    private func normalisation(_ layer: String) -> NormalisationOperation.Parameters {
        func offset(_ part: String) -> Int { layout.parameter("\(layer).\(part)")!.offset }
        return NormalisationOperation.Parameters(
            weight: parameters + offset("weight"), bias: parameters + offset("bias"),
            runningMean: parameters + offset("running_mean"), runningVariance: parameters + offset("running_var"),
            weightGradient: gradient.map { $0 + offset("weight") }, biasGradient: gradient.map { $0 + offset("bias") })
    }

    /// Whether the layer writes an input's gradient without adding: it is the first to do so on the way back, and writes each
    /// element once.
    private func overwrites(_ layer: Layer, _ input: String) -> Bool {
        let first = running.last { runsBackward($0) && $0.inputs.contains(input) }
        guard first?.name == layer.name, layer.inputs.filter({ $0 == input }).count == 1 else { return false }
        switch layer.kind {
        case .maxPooling(let kernel, let stride, _):
            let map = shapes[input]!
            return !needsFrame(layer) && stride == kernel && map.height % kernel.height == 0 && map.width % kernel.width == 0
        case .batchNormalisation:
            return true
        default:
            return false
        }
    }

    private func backwardSteps(_ layers: [Layer], operations: [String: Operation],
                               values: [String: Value]) -> [Plan.BackwardStep] {
        var written: Set<String> = []
        return layers.reversed().filter(runsBackward).map { layer in
            var clears: [Value] = []
            for input in layer.inputs where wantsGradient.contains(input) && written.insert(input).inserted {
                if !overwrites(layer, input) { clears.append(values[input]!) }
            }
            return Plan.BackwardStep(operation: operations[layer.name]!, clears: clears)
        }
    }
}

extension LayerKind {
    fileprivate var isBatchNormalisation: Bool { if case .batchNormalisation = self { true } else { false } }
}

/// Hands out aligned stretches of one allocation; without a base it only counts (the addresses are then meaningless).
private struct Placer {
    var base: UnsafeMutablePointer<Float>?
    private(set) var count = 0

    mutating func take(_ floats: Int) throws -> UnsafeMutablePointer<Float> {
        let start = count
        let (total, overflow) = count.addingReportingOverflow(Arena.rounded(floats))
        if overflow { throw NetworkError.outOfMemory(bytes: Int.max) }
        count = total
        return base.map { $0 + start } ?? UnsafeMutablePointer(bitPattern: Buffers.alignment)!
    }

    init(base: UnsafeMutablePointer<Float>?) { self.base = base }
}
