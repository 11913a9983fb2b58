/// dW[k, n] = Σ_p x[window p, k] · dy[p, n]: the gradient of a convolution's or linear layer's weights.
///
/// A tile holds eight k by one panel of n while the windows pass by. Images go in blocks that fit the second-level
/// cache; blocks and windows are added in one fixed order, whatever the number of threads.
public struct WindowGradient: ParallelWork {
    let layer: WindowLayer
    let images: Int
    let input: UnsafePointer<Float>
    let outputGradient: UnsafePointer<Float>
    let weightGradient: UnsafeMutablePointer<Float>

    /// - Parameters:
    ///   - weightGradient: [K, N]; overwritten.
    public init(layer: WindowLayer, images: Int, input: UnsafePointer<Float>, outputGradient: UnsafePointer<Float>,
                weightGradient: UnsafeMutablePointer<Float>) {
        self.layer = layer
        self.images = images
        self.input = input
        self.outputGradient = outputGradient
        self.weightGradient = weightGradient
    }

    /// Window elements in the largest tile.
    private static var tileElements: Int { TileLimits.pixels }
    /// Bytes of input and output gradient that one block of images may take: half of a 512 KiB second-level cache.
    private static let blockBytes = 256 * 1024

    private var tileCount: Int { (layer.geometry.windowLength &+ Self.tileElements &- 1) / Self.tileElements }
    private var blockImages: Int {
        let floats = layer.geometry.imageStep &+ layer.outputImageStep
        return floats == 0 ? images : max(1, Self.blockBytes / 4 / floats)
    }

    public var partCount: Int { min(tileCount, 32) }

    public func run(part: Int) {
        let tiles = range(of: part, parts: partCount, count: tileCount)
        for firstImage in stride(from: 0, to: images, by: blockImages) {
            let block = firstImage ..< min(images, firstImage &+ blockImages)
            for panel in layer.outputCover.panels {
                withPanel(width: panel.width, Elements(gradient: self, tiles: tiles, images: block, panel: panel))
            }
        }
    }

    /// One panel of outputs for a range of tiles of window elements, summed over a block of images.
    private struct Elements: PanelBody {
        let gradient: WindowGradient
        let tiles: Range<Int>
        let images: Range<Int>
        let panel: PanelCover.Entry

        @inline(__always)
        func apply<P: Panel>(_ type: P.Type) {
            let length = gradient.layer.geometry.windowLength
            for index in tiles {
                var k = index &* tileElements
                let end = min(length, k &+ tileElements)
                while TileLimits.pixels >= 8, k &+ 8 <= end { tile(Tile8<P>.self, k); k &+= 8 }
                while k &+ 4 <= end { tile(Tile4<P>.self, k); k &+= 4 }
                if k &+ 2 <= end { tile(Tile2<P>.self, k); k &+= 2 }
                if k < end { tile(Tile1<P>.self, k) }
            }
        }

        @inline(never)
        private func tile<T: Tile>(_ type: T.Type, _ k: Int) {
            let layer = gradient.layer, geometry = layer.geometry
            let columnStep = geometry.columnStep, outputStep = layer.outputColumnStep, columns = geometry.columns
            let rows = geometry.rows, rowStep = geometry.rowStep, outputRowStep = layer.outputRowStep
            // From an image's last row to the next image's first; two nested loops, not three, keep the sums in registers.
            let nextImage = geometry.imageStep &- rows &* rowStep
            let nextOutput = layer.outputImageStep &- rows &* outputRowStep
            let offsets = layer.elementOffsets.base + k
            var x = gradient.input + images.lowerBound &* geometry.imageStep
            var dy = gradient.outputGradient + images.lowerBound &* layer.outputImageStep + panel.first
            var y = 0
            var sums = T()
            for _ in 0 ..< images.count &* rows {
                var windowX = x, windowDy = dy
                for _ in 0 ..< columns {
                    sums.accumulate(windowX, offsets: offsets, T.P(reading: windowDy))
                    windowX += columnStep
                    windowDy += outputStep
                }
                x += rowStep
                dy += outputRowStep
                y &+= 1
                if y == rows { y = 0; x += nextImage; dy += nextOutput }
            }
            let isFirst = images.lowerBound == 0, count = panel.count
            let target = gradient.weightGradient + k &* layer.outputs + panel.first
            sums.forEach(from: 0) { element, sum in
                let row = target + element &* layer.outputs
                var sum = sum
                if !isFirst { sum.add(T.P(reading: row)) }
                sum.write(to: row, first: count)
            }
        }
    }
}

/// [N] Σ_p dy[p, n]: the gradient of a bias. The weight gradient of a layer whose windows are all the number one.
public struct BiasGradient: ParallelWork {
    let ones: WindowGradient

    /// - Parameter one: the number 1 in memory that outlives the work.
    public init(layer: WindowLayer, images: Int, one: UnsafePointer<Float>, outputGradient: UnsafePointer<Float>,
                biasGradient: UnsafeMutablePointer<Float>) {
        ones = WindowGradient(layer: layer, images: images, input: one, outputGradient: outputGradient,
                              weightGradient: biasGradient)
    }

    /// The layer to pass: the same outputs over windows of one element that all lie at the same place.
    public static func layer(for layer: WindowLayer) -> WindowLayer {
        let geometry = WindowGeometry(rows: layer.geometry.rows, columns: layer.geometry.columns, rowStep: 0,
                                      columnStep: 0, imageStep: 0, runLength: 1, runOffsets: [0])
        return WindowLayer(geometry: geometry, outputs: layer.outputs, outputColumnStep: layer.outputColumnStep,
                           outputRowStep: layer.outputRowStep, outputImageStep: layer.outputImageStep)
    }

    public var partCount: Int { 1 }
    public func run(part: Int) { ones.run(part: 0) }
}
