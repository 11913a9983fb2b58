/// The gradients of a convolution by minimal filtering: of its input, and of its weights and bias.
///
/// Both begin with the output gradient's transform. The sums of the weights' are kept apart for each part, which takes
/// whole images; `WinogradReduction` adds them up in one fixed order.
public struct WinogradGradient: ParallelWork {
    let layer: WinogradLayer
    let images: Int
    let input: UnsafePointer<Float>
    let outputGradient: UnsafePointer<Float>
    let transposed: UnsafePointer<Float>?
    let inputGradient: UnsafeMutablePointer<Float>?
    let partial: UnsafeMutablePointer<Float>?

    /// - Parameters:
    ///   - input: first window of the first image.
    ///   - transposed: what `WinogradTransposition` wrote; needed for the input gradient.
    ///   - inputGradient: first window of the first image, added to; nil if it is not wanted.
    ///   - partial: `layer.gradientCount` floats for the weights' sums; nil if their gradient is not wanted.
    public init(layer: WinogradLayer, images: Int, input: UnsafePointer<Float>, outputGradient: UnsafePointer<Float>,
                transposed: UnsafePointer<Float>?, inputGradient: UnsafeMutablePointer<Float>?,
                partial: UnsafeMutablePointer<Float>?) {
        self.layer = layer
        self.images = images
        self.input = input
        self.outputGradient = outputGradient
        self.transposed = transposed
        self.inputGradient = inputGradient
        self.partial = partial
    }

    public var partCount: Int { min(images, WinogradLayer.gradientParts) }

    public func run(part: Int) {
        let mine = range(of: part, parts: partCount, count: images)
        let end = mine.upperBound &* layer.tilesPerImage
        let block = WinogradLayer.Block(layer)
        let sums = partial.map { $0 + part &* layer.partialCount }
        // Where no weights' sums are wanted, the bias's go where nobody reads them.
        let bias = sums.map { $0 + WinogradLayer.points &* layer.gradientStep } ?? block.inputs
        bias.update(repeating: 0, count: layer.outputCover.width)
        let first = mine.lowerBound &* layer.tilesPerImage
        for start in stride(from: first, to: end, by: layer.blockTiles) {
            let tiles = start ..< min(end, start &+ layer.blockTiles)
            if layer.kernel == 3 {
                transform(Kernel3.OutputAdjoint.self, tiles, bias, block)
            } else {
                transform(Kernel5.OutputAdjoint.self, tiles, bias, block)
            }
            if let sums {
                layer.transformInputs(input, tiles, into: block)
                addProducts(tiles.count, block, sums, isFirst: start == first)
            }
            if let inputGradient, let transposed {
                layer.multiply(block.outputs, step: block.outputStep, width: layer.outputCover.width, length: layer.outputs,
                               by: transposed, weightStep: layer.transposedWeightStep, panels: layer.channelCover,
                               tiles: tiles.count, into: block.inputs, step: block.inputStep)
                scatter(tiles, block, inputGradient)
            }
        }
    }

    private func transform<L: AxisTransform>(_ type: L.Type, _ tiles: Range<Int>, _ bias: UnsafeMutablePointer<Float>,
                                             _ block: WinogradLayer.Block) {
        let windows = layer.windows, width = layer.outputCover.width
        for number in tiles {
            let (offset, rows, columns) = layer.output(layer.tile(number))
            let source = UnsafeMutablePointer(mutating: outputGradient + offset)
            forEachVector(layer.outputs, ReadOutputGradient<L>(
                x: TileView(base: source, rowStep: windows.outputRowStep, columnStep: windows.outputColumnStep),
                rows: rows, columns: columns, y: block.outputs(of: number &- tiles.lowerBound, width: width),
                biasGradient: bias, block: block))
        }
    }

    /// Adds x̂ᵀ · dŷ [channels, outputs] of every pair of points.
    private func addProducts(_ tiles: Int, _ block: WinogradLayer.Block, _ sums: UnsafeMutablePointer<Float>, isFirst: Bool) {
        let width = layer.outputCover.width
        for point in 0 ..< WinogradLayer.points {
            for panel in layer.outputCover.panels {
                let target = sums + point &* layer.gradientStep + panel.first
                withPanel(width: panel.width, GradientSums(
                    windows: block.inputs + point &* block.inputStep, rowLength: layer.channelCover.width, count: tiles,
                    elements: layer.channels, dy: block.outputs + point &* block.outputStep + panel.first, step: width,
                    target: target, biasTarget: target, biasElement: -1, outputs: width, channels: panel.width,
                    isFirst: isFirst))
            }
        }
    }

    private func scatter(_ tiles: Range<Int>, _ block: WinogradLayer.Block, _ gradient: UnsafeMutablePointer<Float>) {
        let geometry = layer.windows.geometry
        for number in tiles {
            let (offset, rows, columns) = layer.input(layer.tile(number))
            forEachVector(layer.channels, AddInputGradient(
                x: block.inputs(of: number &- tiles.lowerBound, width: layer.channelCover.width),
                y: TileView(base: gradient + offset, rowStep: geometry.rowStep, columnStep: geometry.columnStep),
                rows: rows, columns: columns, block: block))
        }
    }
}

/// Adds up the parts' sums and transforms them back: dW = Gᵀ Σ G, and the bias gradient. One part per few channels.
public struct WinogradReduction: ParallelWork {
    let gradient: WinogradGradient
    let partial: UnsafePointer<Float>
    let weightGradient: UnsafeMutablePointer<Float>
    let biasGradient: UnsafeMutablePointer<Float>?

    /// - Parameters:
    ///   - partial: what `gradient` wrote.
    ///   - weightGradient: [r, r, C, N]; overwritten.
    ///   - biasGradient: [N]; nil if there is no bias.
    public init(gradient: WinogradGradient, partial: UnsafePointer<Float>, weightGradient: UnsafeMutablePointer<Float>,
                biasGradient: UnsafeMutablePointer<Float>?) {
        self.gradient = gradient
        self.partial = partial
        self.weightGradient = weightGradient
        self.biasGradient = biasGradient
    }

    public var partCount: Int { min(gradient.layer.channels, 32) }

    public func run(part: Int) {
        let layer = gradient.layer
        let mine = range(of: part, parts: partCount, count: layer.channels)
        if layer.kernel == 3 {
            transform(Kernel3.KernelAdjoint.self, mine)
        } else {
            transform(Kernel5.KernelAdjoint.self, mine)
        }
        if part == 0, let biasGradient {
            let sums = partial + WinogradLayer.points &* layer.gradientStep
            for n in 0 ..< layer.outputs {
                biasGradient[n] = (1 ..< gradient.partCount).reduce(sums[n]) { $0 + sums[$1 &* layer.partialCount &+ n] }
            }
        }
    }

    private func transform<L: AxisTransform>(_ type: L.Type, _ channels: Range<Int>) {
        let layer = gradient.layer
        let scratch = ThreadScratch.floats(3 &* WinogradLayer.points &* Vector.scalarCount)
        for channel in channels {
            forEachVector(layer.outputs, Channel<L>(
                reduction: self, sums: partial + channel &* layer.outputCover.width,
                target: weightGradient + channel &* layer.outputs, scratch: scratch))
        }
    }

    /// One input channel's weights.
    private struct Channel<L: AxisTransform>: VectorBody {
        let reduction: WinogradReduction
        let sums: UnsafePointer<Float>
        let target: UnsafeMutablePointer<Float>
        let scratch: UnsafeMutablePointer<Float>

        @inline(__always)
        func apply<V: FloatVector>(_ type: V.Type, at offset: Int, lanes: Int) {
            let layer = reduction.gradient.layer
            let size = WinogradLayer.points &* V.scalarCount
            let total = TileView.dense(type, scratch + size, side: 6)
            for point in 0 ..< WinogradLayer.points {
                var sum = V(reading: sums + (point &* layer.gradientStep &+ offset))
                for part in 1 ..< reduction.gradient.partCount {
                    sum += V(reading: sums + (part &* layer.partialCount &+ point &* layer.gradientStep &+ offset))
                }
                sum.write(to: total.base + point &* V.scalarCount)
            }
            let weights = TileView.dense(type, scratch + 2 &* size, side: L.outputs)
            L.applyToBothAxes(type, total, weights, scratch: scratch)
            let step = layer.channels &* layer.outputs
            for tap in 0 ..< L.outputs &* L.outputs {
                V(reading: weights.base + tap &* V.scalarCount).write(to: target + (tap &* step &+ offset), first: lanes)
            }
        }
    }
}
