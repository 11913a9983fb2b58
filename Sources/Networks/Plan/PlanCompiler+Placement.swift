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

        precondition(placer.count == counter.count, "what was counted is not what was placed")

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
        /// What passes need on the way; one for all layers.
        var shared: UnsafeMutablePointer<Float>?
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
        let gradientCounts = try largestCounts(gradientBlocks, values)
        /// The memory of this number, `count` floats, or memory of its own.
        func memory(_ block: Int?, _ known: inout [Int: UnsafeMutablePointer<Float>],
                    count: Int) throws -> UnsafeMutablePointer<Float> {
            if let block, let memory = known[block] { return memory }
            let memory = try placer.take(count)
            if let block { known[block] = memory }
            return memory
        }
        func place(_ value: Value, _ name: String, isKept: Bool = true, gradient: Bool) throws {
            let count = try count(value), block = gradientBlocks[name]
            value.place(
                activations: try memory(activationBlocks[name], &activations, count: isKept ? count : 0),
                gradient: gradient ? try memory(block, &gradients, count: block.map { gradientCounts[$0]! } ?? count) : nil)
        }
        try place(values[Architecture.image]!, Architecture.image, gradient: wantsGradient.contains(Architecture.image))
        // One stretch for all layers, which need it one after the other; and one for packed weights that are made where they
        // are used, of which a layer needs one kind at a time.
        let shared = try placer.take(sharedScratchCount(values))
        let packed = packedCounts(values)
        var packing = Scratch()
        if isPackedOnUse {
            packing.packedForProduct = try placer.take(packed.values.map { max($0.product, $0.scatter) }.max() ?? 0)
            packing.packedForScatter = packing.packedForProduct
        }
        packing.foldedWeight = try placer.take(folded.keys.map { layout.parameter("\($0).weight")!.shape.count }.max() ?? 0)
        for layer in running {
            let output = values[layer.name]!
            try place(output, layer.name, isKept: !pooled.values.contains(layer.name),
                      gradient: wantsGradient.contains(layer.name))
            if let frame = frames[layer.name] {
                try place(frame, "frame of \(layer.name)", gradient: wantsGradient.contains(layer.inputs[0]))
            }
            var scratch = Scratch()
            if let counts = packed[layer.name] {
                scratch.shared = shared
                scratch.packedForProduct = try packing.packedForProduct ?? placer.take(counts.product)
                if counts.scatter > 0 {
                    scratch.packedForScatter = try packing.packedForScatter ?? placer.take(counts.scatter)
                }
            }
            let channels = output.shape.channels
            if folded[layer.name] != nil {
                scratch.foldedWeight = packing.foldedWeight
                scratch.foldedBias = try placer.take(channels)
            }
            if folded[layer.name] != nil || layer.kind.isBatchNormalisation {
                scratch.perChannel = try placer.take(ChannelMemory.count(channels: channels))
            }
            if remembersOutputs(layer) { scratch.perOutput = try placer.take(capacity * output.imageStep) }
            visit(layer, scratch)
        }
    }

    /// Floats of a value's activations, or of its gradient.
    private func count(_ value: Value) throws -> Int {
        let (count, overflow) = capacity.multipliedReportingOverflow(by: value.imageStep)
        if overflow { throw NetworkError.outOfMemory(bytes: Int.max) }
        return count
    }

    /// Floats of the largest value that lies in each block.
    private func largestCounts(_ blocks: [String: Int], _ values: [String: Value]) throws -> [Int: Int] {
        var largest: [Int: Int] = [:]
        for (name, block) in blocks { largest[block] = max(largest[block] ?? 0, try count(values[name]!)) }
        return largest
    }

    /// Whether weights are packed anew wherever they are used, into memory that all layers share: they change with every step.
    var isPackedOnUse: Bool { purpose == .training }

    /// Floats of each layer's packed weights, for the products and for the gradient of its input; there 0 where that is not
    /// wanted, or takes the products' weights.
    private func packedCounts(_ values: [String: Value]) -> [String: (product: Int, scatter: Int)] {
        var counts: [String: (product: Int, scatter: Int)] = [:]
        for layer in running {
            guard let window = windowLayer(layer, input: values[layer.inputs[0]]!, output: values[layer.name]!) else { continue }
            let winograd = winogradLayer(layer, window), isScattered = wantsGradient.contains(layer.inputs[0])
            counts[layer.name] = (winograd?.productWeightCount ?? window.productWeightCount,
                                  isScattered && winograd == nil ? window.scatterWeightCount : 0)
        }
        return counts
    }

    /// Whether the layer keeps a number for each of its outputs until the way back.
    private func remembersOutputs(_ layer: Layer) -> Bool {
        switch layer.kind {
        case .dropout: true
        case .maxPooling: wantsGradient.contains(layer.inputs[0])
        default: false
        }
    }

    /// Floats of the most that a layer's passes need on the way.
    private func sharedScratchCount(_ values: [String: Value]) throws -> Int {
        var largest = 0
        for layer in running {
            let output = values[layer.name]!
            // A packed row is at most eight times as long as its channels.
            let (floats, overflow) = capacity.multipliedReportingOverflow(by: 8 * output.imageStep)
            if overflow || floats > Int.max / 2 { throw NetworkError.outOfMemory(bytes: Int.max) }
            guard let window = windowLayer(layer, input: values[layer.inputs[0]]!, output: output) else { continue }
            let ofWeights = purpose == .training && runsBackward(layer)
            if let winograd = winogradLayer(layer, window) {
                if winograd.isWide || runsBackward(layer) {
                    largest = max(largest, winograd.gradientCount(ofWeights: ofWeights))
                }
            } else if ofWeights {
                let images = if case .linear = layer.kind { 1 } else { capacity }
                largest = max(largest, window.packedGradientCount(images: images))
            }
        }
        return largest
    }
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
