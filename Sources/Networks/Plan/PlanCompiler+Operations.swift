import Kernels

/// What each layer that runs becomes.
extension PlanCompiler {
    func windowLayer(_ layer: Layer, input: Value, output: Value) -> WindowLayer? {
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

    func winogradLayer(_ layer: Layer, _ windows: WindowLayer) -> WinogradLayer? {
        guard case .convolution(_, let kernel, let stride, _, let dilation, _) = layer.kind else { return nil }
        return Winograd.layer(windows, kernel: kernel, stride: stride, dilation: dilation, images: capacity,
                              isEnabled: winograd)
    }

    func operation(_ layer: Layer, values: [String: Value], frame: Value?, scratch: Scratch) -> Operation {
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
            isPackedOnUse: isPackedOnUse, scratch: scratch.shared!, normalisation: normalisation)
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
    func overwrites(_ layer: Layer, _ input: String) -> Bool {
        let first = running.last { runsBackward($0) && $0.inputs.contains(input) }
        guard first?.name == layer.name, layer.inputs.filter({ $0 == input }).count == 1 else { return false }
        switch layer.kind {
        case .maxPooling(let kernel, let stride, let padding):
            let map = shapes[input]!
            return padding == Size(0) && stride == kernel && map.height % kernel.height == 0 && map.width % kernel.width == 0
        case .batchNormalisation:
            return true
        default:
            return false
        }
    }

    func backwardSteps(_ layers: [Layer], operations: [String: Operation],
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
