/// Memory that is handed on: who asks for a layout gets what was given back with it, or else new memory.
private struct MemoryBlocks<Layout: Hashable> {
    private var free: [Layout: [Int]] = [:]
    private var count = 0

    mutating func take(_ layout: Layout) -> Int {
        if let block = free[layout]?.popLast() { return block }
        count += 1
        return count - 1
    }

    mutating func giveBack(_ block: Int, _ layout: Layout) { free[layout, default: []].append(block) }
}

/// Activations share memory with those of one shape and border, so that the zeros of the border, which nobody writes, stay zeros.
private struct BorderedShape: Hashable {
    var shape: MapShape
    var border: Size
}

/// Gradients share memory with any other gradient: what lies there is overwritten or cleared first. A block is as large as
/// the largest of them.
private struct AnyShape: Hashable {}

/// Which values lie in the same memory, one after the other: those whose lifetimes do not overlap.
extension PlanCompiler {
    private func layout(_ name: String) -> BorderedShape { BorderedShape(shape: shapes[name]!, border: borders[name]!) }

    /// The number of the memory of each layer's activations. An output is handed on once its last reader has run, unless the
    /// way back or a tap reads it too.
    func activationBlocks() -> [String: Int] {
        let layers = running
        var lastRead: [String: Int] = [:]
        for (index, layer) in layers.enumerated() {
            // A convolution that a pooling takes along runs in its place.
            let place = layers.firstIndex { pooled[$0.name] == layer.name } ?? index
            for name in layer.inputs + [layer.name] { lastRead[name] = max(lastRead[name] ?? 0, place) }
        }
        for name in keptActivations { lastRead[name] = .max }
        var memory = MemoryBlocks<BorderedShape>(), blocks: [String: Int] = [:]
        for (index, layer) in layers.enumerated() {
            if !pooled.values.contains(layer.name) { blocks[layer.name] = memory.take(layout(layer.name)) }
            for other in layers where lastRead[other.name] == index {
                if let block = blocks[other.name] { memory.giveBack(block, layout(other.name)) }
            }
        }
        return blocks
    }

    private var keptActivations: Set<String> {
        var kept = Set(purpose.taps.map { sources[$0]! } + [sources[architecture.layers.last!.name]!])
        if purpose != .inference {
            for layer in running where runsBackward(layer) { kept.formUnion(readBack(layer)) }
        }
        return kept
    }

    /// What a layer reads again on the way back: gradients of weights and batch normalisation their input, a ReLU its output.
    private func readBack(_ layer: Layer) -> [String] {
        let output = rectified.contains(layer.name) || layer.kind == .relu ? [layer.name] : []
        return switch layer.kind {
        case .convolution, .linear: purpose == .training ? output + [layer.inputs[0]] : output
        case .batchNormalisation: output + [layer.inputs[0]]
        default: output
        }
    }

    /// The number of the memory of each value's gradient: from its first reader on the way back to the layer itself.
    func gradientBlocks() -> [String: Int] {
        let logits = sources[architecture.layers.last!.name]!, taps = Set(purpose.taps.map { sources[$0]! })
        var memory = MemoryBlocks<AnyShape>(), blocks: [String: Int] = [:]
        if wantsGradient.contains(logits) { blocks[logits] = memory.take(AnyShape()) }
        for layer in running.reversed() where runsBackward(layer) {
            for input in layer.inputs where wantsGradient.contains(input) && blocks[input] == nil {
                blocks[input] = memory.take(AnyShape())
            }
            if let block = blocks[layer.name], !taps.contains(layer.name) { memory.giveBack(block, AnyShape()) }
        }
        return blocks
    }
}
