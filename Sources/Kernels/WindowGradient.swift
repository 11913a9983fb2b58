/// dW[k, n] = Σ_p x[window p, k] · dy[p, n]: the gradient of a convolution's or linear layer's weights, and of its bias,
/// which is the weight of one more element that is 1 in every window.
///
/// A tile holds a few k by one panel of n while the windows of a block pass by. The work is split by window elements;
/// where those are few, also by blocks of windows, whose sums `WeightReduction` adds up. Everything is added in one
/// fixed order, whatever the number of threads.
public struct WindowGradient: ParallelWork {
    let layer: WindowLayer
    let images: Int
    let input: UnsafePointer<Float>
    /// [panel][windows, width], or where nothing was packed [windows, N].
    let outputGradient: UnsafePointer<Float>
    let weightGradient: UnsafeMutablePointer<Float>
    let biasGradient: UnsafeMutablePointer<Float>?
    /// [windowParts, elements, N], where there are several.
    let partial: UnsafeMutablePointer<Float>
    let elementParts: Int
    let windowParts: Int

    /// - Parameters:
    ///   - packing: what was run before; its memory has room for this work's sums too.
    ///   - weightGradient: [K, N]; overwritten. Not complete before `WeightReduction` has run, like the bias gradient.
    ///   - biasGradient: [N]; nil if there is no bias.
    public init(packing: GradientPacking, input: UnsafePointer<Float>, weightGradient: UnsafeMutablePointer<Float>,
                biasGradient: UnsafeMutablePointer<Float>?) {
        layer = packing.layer
        images = packing.images
        self.input = input
        outputGradient = layer.packsGradient ? UnsafePointer(packing.packed) : packing.outputGradient
        self.weightGradient = weightGradient
        self.biasGradient = biasGradient
        elementParts = layer.elementParts
        windowParts = min(layer.windowParts, layer.windowBlocks.count(images: images))
        partial = packing.packed + layer.packedPanelCount(images: images)
    }

    public var partCount: Int { elementParts &* windowParts }

    /// Elements a tile takes with the widest panel; parts begin at multiples of it.
    private static var unit: Int { TileLimits.pixels(vectors: 3) }

    /// Elements of a window, and one that is 1 if there is a bias.
    var elementCount: Int { layer.geometry.windowLength &+ (biasGradient == nil ? 0 : 1) }

    /// Where the sums of a part of the windows go: [K, N], and [N] for the element that is 1.
    private func target(_ windowPart: Int) -> (UnsafeMutablePointer<Float>, UnsafeMutablePointer<Float>) {
        if windowParts == 1 { return (weightGradient, biasGradient ?? weightGradient) }
        let target = partial + windowPart &* elementCount &* layer.outputs
        return (target, target + layer.geometry.windowLength &* layer.outputs)
    }

    public func run(part: Int) {
        let (windowPart, elementPart) = part.quotientAndRemainder(dividingBy: elementParts)
        let units = range(of: elementPart, parts: elementParts, count: (elementCount &+ Self.unit &- 1) / Self.unit)
        let end = min(elementCount, units.upperBound &* Self.unit)
        let (target, biasTarget) = target(windowPart)
        let blocks = layer.windowBlocks, outputs = layer.outputs, packs = layer.packsGradient
        let windowCount = layer.windowCount(images: images)
        let own = range(of: windowPart, parts: windowParts, count: blocks.count(images: images))
        guard let rows = ThreadScratch.windows.floats(PackedWindows.size &+ 2 &* WindowBlocks.largest) else { return }
        let offsets = UnsafeMutableRawPointer(rows + PackedWindows.size).bindMemory(to: Int.self, capacity: WindowBlocks.largest)
        layer.outputCover.panels.withUnsafeBufferPointer { panels in
            for index in own {
                let block = blocks.block(index, images: images)
                blocks.writeOffsets(of: block, to: offsets)
                let windows = PackedWindows(
                    rows: rows, count: block.count, input: input + block.image &* layer.geometry.imageStep,
                    offsets: UnsafePointer(offsets), runs: layer.runOffsets.base,
                    runLength: layer.geometry.runLength, windowLength: layer.geometry.windowLength)
                for first in stride(from: units.lowerBound &* Self.unit, to: end, by: PackedWindows.largest) {
                    let elements = first ..< min(end, first &+ PackedWindows.largest)
                    windows.pack(elements)
                    var panelStart = outputGradient
                    for panel in panels {
                        let step = packs ? panel.width : outputs
                        withPanel(width: panel.width, GradientSums(
                            windows: UnsafePointer(rows), rowLength: PackedWindows.rowLength, count: block.count,
                            elements: elements.count,
                            dy: panelStart + block.firstWindow &* step, step: step,
                            target: target + elements.lowerBound &* outputs + panel.first,
                            biasTarget: biasTarget + panel.first,
                            biasElement: windows.windowLength &- elements.lowerBound, outputs: outputs,
                            channels: panel.count, isFirst: index == own.lowerBound))
                        panelStart += packs ? panel.width &* windowCount : panel.count
                    }
                }
            }
        }
    }
}

/// A few elements of every window of a block, side by side: [windows, rowLength].
///
/// Where they lie, windows are apart by the channels of a pixel, often a power of two of bytes, and would push one
/// another out of the cache.
struct PackedWindows {
    /// Elements, at most, and floats from row to row: room for a vector past the last element.
    static var largest: Int { 32 }
    static var rowLength: Int { largest &+ Vector.scalarCount }
    /// Floats for a block's.
    static var size: Int { WindowBlocks.largest &* rowLength }

    let rows: UnsafeMutablePointer<Float>
    /// Windows.
    let count: Int
    /// Where they lie: [count] offsets in `input`, and the runs of each.
    let input: UnsafePointer<Float>
    let offsets: UnsafePointer<Int>
    let runs: UnsafePointer<Int>
    let runLength: Int
    let windowLength: Int

    /// Copies elements run by run: what a vector copies too much, the next run covers. The element 1 comes last.
    func pack(_ elements: Range<Int>) {
        let end = min(elements.upperBound, windowLength)
        var k = elements.lowerBound
        while k < end {
            let (run, start) = k.quotientAndRemainder(dividingBy: runLength)
            let length = min(runLength &- start, end &- k)
            let source = input + (runs[run] &+ start)
            var target = rows + (k &- elements.lowerBound)
            for window in 0 ..< count {
                let window = source + offsets[window]
                var element = 0
                while element < length {
                    Vector(reading: window + element).write(to: target + element)
                    element &+= Vector.scalarCount
                }
                target += Self.rowLength
            }
            k &+= length
        }
        if elements.upperBound > windowLength {
            for window in 0 ..< count { rows[window &* Self.rowLength &+ elements.count &- 1] = 1 }
        }
    }
}

/// Sums over one block's windows, for one panel of outputs. Plain numbers and addresses: a tile that held objects would
/// count references.
struct GradientSums: PanelBody {
    /// [count, rowLength], of which so many elements
    let windows: UnsafePointer<Float>
    let rowLength: Int
    let count: Int
    let elements: Int
    /// [count, panel width], `step` floats from row to row
    let dy: UnsafePointer<Float>
    let step: Int
    /// [elements, outputs], at the panel's first channel; the element 1 has a place of its own
    let target: UnsafeMutablePointer<Float>
    let biasTarget: UnsafeMutablePointer<Float>
    let biasElement: Int
    let outputs: Int
    let channels: Int
    /// Whether the sums begin here, or are added to.
    let isFirst: Bool

    @inline(__always)
    func apply<P: Panel>(_ type: P.Type) {
        forEachTile(of: type, count: elements, self)
    }
}

extension GradientSums: TileBody {
    /// Floats between the window that is added and the one that is asked for: eight rows, a hundred cycles.
    private var ahead: Int { 8 &* rowLength }

    /// A tile's pixels are elements here.
    @inline(never)
    func apply<T: Tile>(_ type: T.Type, at k: Int) {
        if !isFirst { for element in k ..< k &+ T.pixels { prefetch(target + element &* outputs, count: T.P.width) } }
        var window = windows + k
        var dy = dy
        var sums = T()
        for _ in 0 ..< count {
            prefetch(window + ahead)
            sums.accumulate(window, step: 1, T.P(reading: dy))
            window += rowLength
            dy += step
        }
        sums.give(from: k, to: self)
    }
}

extension GradientSums: PanelTarget {
    @inline(__always)
    func take<P: Panel>(_ element: Int, _ panel: P) {
        let row = element == biasElement ? biasTarget : target + element &* outputs
        var sum = panel
        if !isFirst { sum.add(P(reading: row)) }
        sum.write(to: row, first: channels)
    }
}

/// Adds up the parts of a `WindowGradient` that was split by windows.
public struct WeightReduction: ParallelWork {
    let gradient: WindowGradient

    public init(gradient: WindowGradient) { self.gradient = gradient }

    public var partCount: Int { gradient.windowParts == 1 ? 0 : 1 }

    public func run(part: Int) {
        let outputs = gradient.layer.outputs, weights = gradient.layer.geometry.windowLength &* outputs
        add(from: gradient.partial, into: gradient.weightGradient, count: weights)
        if let bias = gradient.biasGradient { add(from: gradient.partial + weights, into: bias, count: outputs) }
    }

    private func add(from first: UnsafePointer<Float>, into target: UnsafeMutablePointer<Float>, count: Int) {
        target.update(from: first, count: count)
        for part in 1 ..< gradient.windowParts {
            let sums = first + part &* gradient.elementCount &* gradient.layer.outputs
            for i in 0 ..< count { target[i] += sums[i] }
        }
    }
}
