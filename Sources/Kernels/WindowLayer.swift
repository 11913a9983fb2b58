/// A linear map applied to every window of an image: a convolution, or a linear layer.
///
/// Weights W are [K, N]: K = window length (kernel rows, then columns, then input channels), N = outputs.
/// Three sums cover training:
///   product   y[p, n]  = Σ_k x[window p, k] · W[k, n] + b[n]      (`WindowProduct`)
///   scatter   dx[window p, k] += Σ_n dy[p, n] · W[k, n]           (`WindowScatter`)
///   gradient  dW[k, n] = Σ_p x[window p, k] · dy[p, n]            (`WindowGradient`)
/// Each costs 2·P·K·N floating-point operations for P windows: none is spent on padding or overlap.
public struct WindowLayer: Sendable {
    public private(set) var geometry: WindowGeometry
    public let outputs: Int
    /// Floats between neighbouring outputs: across, down, and from image to image.
    public let outputColumnStep: Int
    public let outputRowStep: Int
    public let outputImageStep: Int

    /// Panels over the outputs, for product and gradient.
    let outputCover: PanelCover
    /// Panels over a run, for the scatter.
    let runCover: PanelCover
    /// Start of each run, in floats from the window's first.
    let runOffsets: OffsetTable
    /// How the weight gradient passes over the windows.
    private(set) var windowBlocks: WindowBlocks

    public init(geometry: WindowGeometry, outputs: Int, outputColumnStep: Int, outputRowStep: Int, outputImageStep: Int) {
        self.geometry = geometry
        self.outputs = outputs
        self.outputColumnStep = outputColumnStep
        self.outputRowStep = outputRowStep
        self.outputImageStep = outputImageStep
        outputCover = PanelCover(channels: outputs)
        runCover = PanelCover(channels: geometry.runLength)
        runOffsets = OffsetTable(geometry.runOffsets)
        windowBlocks = WindowBlocks(geometry)
    }

    /// The same layer with fewer windows in its row: a linear layer, made for the largest batch, for a smaller one.
    public func columns(_ count: Int) -> WindowLayer {
        var copy = self
        copy.geometry.columns = count
        copy.windowBlocks = WindowBlocks(copy.geometry)
        return copy
    }

    /// Floats of the packed weights for `WindowProduct` and `WindowScatter`.
    public var productWeightCount: Int { geometry.windowLength * outputCover.width }
    public var scatterWeightCount: Int { geometry.runOffsets.count * outputs * runCover.width }
}

/// Copies weights [K, N] into panels [panel][K, width], the order `WindowProduct` reads them in. One part a panel.
public struct ProductPacking: ParallelWork {
    let layer: WindowLayer
    let weights: UnsafePointer<Float>
    let packed: UnsafeMutablePointer<Float>

    public init(layer: WindowLayer, weights: UnsafePointer<Float>, packed: UnsafeMutablePointer<Float>) {
        self.layer = layer
        self.weights = weights
        self.packed = packed
    }

    public var partCount: Int { layer.outputCover.panels.count }

    public func run(part: Int) {
        let panel = layer.outputCover.panels[part]
        let length = layer.geometry.windowLength, outputs = layer.outputs
        // Full-width panels come first, so the panels before this one take `first` floats a row.
        var target = packed + panel.first &* length
        var source = weights + panel.first
        for _ in 0 ..< length {
            target.update(from: source, count: panel.count)
            if panel.width > panel.count {
                (target + panel.count).update(repeating: 0, count: panel.width &- panel.count)
            }
            target += panel.width
            source += outputs
        }
    }
}

/// Copies weights [K, N] transposed into panels [run][panel][N, width], the order `WindowScatter` reads them in.
/// One part a panel of a run.
public struct ScatterPacking: ParallelWork {
    let layer: WindowLayer
    let weights: UnsafePointer<Float>
    let packed: UnsafeMutablePointer<Float>

    public init(layer: WindowLayer, weights: UnsafePointer<Float>, packed: UnsafeMutablePointer<Float>) {
        self.layer = layer
        self.weights = weights
        self.packed = packed
    }

    public var partCount: Int { layer.runOffsets.count &* layer.runCover.panels.count }

    public func run(part: Int) {
        let (run, index) = part.quotientAndRemainder(dividingBy: layer.runCover.panels.count)
        let panel = layer.runCover.panels[index]
        let outputs = layer.outputs
        let source = weights + (run &* layer.geometry.runLength &+ panel.first) &* outputs
        let target = packed + run &* outputs &* layer.runCover.width + outputs &* panel.first
        // Sixteen outputs at a time: each read takes a whole cache line of a row.
        for firstOutput in stride(from: 0, to: outputs, by: 16) {
            let lastOutput = min(outputs, firstOutput &+ 16)
            for k in 0 ..< panel.width {
                if k < panel.count {
                    let row = source + k &* outputs
                    for n in firstOutput ..< lastOutput { target[n &* panel.width &+ k] = row[n] }
                } else {
                    for n in firstOutput ..< lastOutput { target[n &* panel.width &+ k] = 0 }
                }
            }
        }
    }
}
