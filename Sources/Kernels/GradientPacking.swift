/// Copies an output gradient dy into panels [panel][window][width], the order `WindowGradient` reads it in, and sums it.
///
/// The weight gradient passes over dy once for every few window elements, so one copy into aligned, neighbouring panels
/// pays; the bias gradient Σ_p dy[p, n] falls out of it.
public struct GradientPacking: ParallelWork {
    let layer: WindowLayer
    let images: Int
    let outputGradient: UnsafePointer<Float>
    let packed: UnsafeMutablePointer<Float>
    /// [sumParts, packed row] sums of each part.
    let sums: UnsafeMutablePointer<Float>

    /// - Parameters:
    ///   - outputGradient: first output of the first image.
    ///   - packed: `layer.packedGradientCount(images:)` floats.
    public init(layer: WindowLayer, images: Int, outputGradient: UnsafePointer<Float>, packed: UnsafeMutablePointer<Float>) {
        self.layer = layer
        self.images = images
        self.outputGradient = outputGradient
        self.packed = packed
        sums = packed + layer.outputCover.width &* layer.windowCount(images: images)
    }

    /// Parts, so many that the threads are busy, and so few that their sums are soon added.
    static let largestPartCount = 32

    public var partCount: Int { min(layer.windowCount(images: images), Self.largestPartCount) }

    public func run(part: Int) {
        let windows = range(of: part, parts: partCount, count: layer.windowCount(images: images))
        var first = 0
        for panel in layer.outputCover.panels {
            withPanel(width: panel.width, Windows(packing: self, part: part, windows: windows, panel: panel, first: first))
            first &+= panel.width
        }
    }

    /// One panel of a range of windows.
    private struct Windows: PanelBody {
        let packing: GradientPacking
        let part: Int
        let windows: Range<Int>
        let panel: PanelCover.Entry
        /// Floats of the panels before it, in a packed row.
        let first: Int

        @inline(__always)
        func apply<P: Panel>(_ type: P.Type) {
            let layer = packing.layer, columns = layer.geometry.columns, rows = layer.geometry.rows
            let step = layer.outputColumnStep
            var target = packing.packed + first &* layer.windowCount(images: packing.images) + windows.lowerBound &* P.width
            var sum = P()
            var window = windows.lowerBound
            while window < windows.upperBound {
                let (row, x) = window.quotientAndRemainder(dividingBy: columns)
                let (image, y) = row.quotientAndRemainder(dividingBy: rows)
                var source = packing.outputGradient + image &* layer.outputImageStep + y &* layer.outputRowStep
                    + x &* step + panel.first
                let count = min(columns &- x, windows.upperBound &- window)
                for _ in 0 ..< count {
                    let values = P(reading: source)
                    sum.add(values)
                    values.write(to: target, first: P.width)
                    source += step
                    target += P.width
                }
                window &+= count
            }
            sum.write(to: packing.sums + part &* layer.outputCover.width + first, first: P.width)
        }
    }
}

/// [N] Σ_p dy[p, n]: the gradient of a bias, from the sums of `GradientPacking` in the order of its parts.
public struct BiasGradient: ParallelWork {
    let packing: GradientPacking
    let biasGradient: UnsafeMutablePointer<Float>

    public init(packing: GradientPacking, biasGradient: UnsafeMutablePointer<Float>) {
        self.packing = packing
        self.biasGradient = biasGradient
    }

    public var partCount: Int { 1 }

    public func run(part: Int) {
        let cover = packing.layer.outputCover
        var first = 0
        for panel in cover.panels {
            for channel in 0 ..< panel.count {
                var sum: Float = 0
                for part in 0 ..< packing.partCount { sum += packing.sums[part &* cover.width &+ first &+ channel] }
                biasGradient[panel.first &+ channel] = sum
            }
            first &+= panel.width
        }
    }
}

extension WindowLayer {
    /// Windows of so many images.
    func windowCount(images: Int) -> Int { images &* geometry.rows &* geometry.columns }

    /// Floats of a packed output gradient and its sums.
    public func packedGradientCount(images: Int) -> Int {
        (windowCount(images: images) + GradientPacking.largestPartCount) * outputCover.width
    }
}
