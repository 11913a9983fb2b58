/// Copies an output gradient dy into panels [panel][window][width], the order `WindowGradient` reads it in.
///
/// The weight gradient passes over dy once for every few window elements, so one copy into aligned, neighbouring panels
/// pays, unless the elements are few (see `WindowLayer.packsGradient`).
public struct GradientPacking: ParallelWork {
    let layer: WindowLayer
    let images: Int
    let outputGradient: UnsafePointer<Float>
    let packed: UnsafeMutablePointer<Float>

    /// - Parameters:
    ///   - outputGradient: first output of the first image.
    ///   - packed: `layer.packedGradientCount(images:)` floats.
    public init(layer: WindowLayer, images: Int, outputGradient: UnsafePointer<Float>, packed: UnsafeMutablePointer<Float>) {
        self.layer = layer
        self.images = images
        self.outputGradient = outputGradient
        self.packed = packed
    }

    public var partCount: Int { layer.packsGradient ? min(layer.windowCount(images: images), 32) : 0 }

    public func run(part: Int) {
        let windows = range(of: part, parts: partCount, count: layer.windowCount(images: images))
        var first = 0
        for panel in layer.outputCover.panels {
            withPanel(width: panel.width, Windows(packing: self, windows: windows, panel: panel, first: first))
            first &+= panel.width
        }
    }

    /// One panel of a range of windows.
    private struct Windows: PanelBody {
        let packing: GradientPacking
        let windows: Range<Int>
        let panel: PanelCover.Entry
        /// Floats of the panels before it, in a packed row.
        let first: Int

        @inline(__always)
        func apply<P: Panel>(_ type: P.Type) {
            let layer = packing.layer, columns = layer.geometry.columns, rows = layer.geometry.rows
            let step = layer.outputColumnStep
            var target = packing.packed + first &* layer.windowCount(images: packing.images) + windows.lowerBound &* P.width
            var window = windows.lowerBound
            while window < windows.upperBound {
                let (row, x) = window.quotientAndRemainder(dividingBy: columns)
                let (image, y) = row.quotientAndRemainder(dividingBy: rows)
                var source = packing.outputGradient + image &* layer.outputImageStep + y &* layer.outputRowStep
                    + x &* step + panel.first
                let count = min(columns &- x, windows.upperBound &- window)
                for _ in 0 ..< count {
                    P(reading: source).write(to: target, first: P.width)
                    source += step
                    target += P.width
                }
                window &+= count
            }
        }
    }
}

extension WindowLayer {
    /// Windows of so many images.
    func windowCount(images: Int) -> Int { images &* geometry.rows &* geometry.columns }

    /// Whether the weight gradient reads a packed copy: only where it is read often, or where the outputs of neighbouring
    /// windows are not neighbours.
    var packsGradient: Bool { elementParts > 1 || !isDense }

    private var isDense: Bool {
        outputColumnStep == outputs && (geometry.rows == 1 || outputRowStep == geometry.columns * outputs)
            && (outputImageStep == geometry.rows * geometry.columns * outputs || outputImageStep == 0)
    }

    /// Parts of the weight gradient along the window elements: sixteen or more each, so that copying them pays.
    var elementParts: Int { max(1, min(32, geometry.windowLength / 16)) }
    /// Parts along the windows: as many as make the elements' sixteen.
    var windowParts: Int { elementParts >= 16 ? 1 : 16 / elementParts }

    /// Floats of the packed panels; none where nothing is packed.
    func packedPanelCount(images: Int) -> Int { packsGradient ? windowCount(images: images) * outputCover.width : 0 }

    /// Floats of the sums of the weight gradient's parts; none where they are the gradient itself.
    var partialCount: Int { windowParts == 1 ? 0 : windowParts * (geometry.windowLength + 1) * outputs }

    /// Floats that a weight gradient needs besides its input and output: packed panels, and sums.
    public func packedGradientCount(images: Int) -> Int { packedPanelCount(images: images) + partialCount }
}
