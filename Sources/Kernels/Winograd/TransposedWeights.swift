extension WinogradLayer {
    /// The weights of a pair of points for the gradient of a panel of channels: [outputs, panel width], in the calling
    /// thread's memory; nil where there is none.
    ///
    /// They are made where they are read, once per chunk: written down for all points they would outgrow the caches, and
    /// a full chunk of products costs sixteen times as much. Columns past the last channel repeat it; their sums go nowhere.
    ///
    /// - Parameter packed: what `WinogradPacking` wrote, [panel of outputs][point][channels, width].
    func transposedWeights(_ packed: UnsafePointer<Float>, _ panel: PanelCover.Entry, point: Int) -> UnsafePointer<Float>? {
        guard let target = ThreadScratch.weights.floats(outputCover.width &* panel.width) else { return nil }
        for source in outputCover.panels {
            let rows = packed + (weights(source, point: point, depth: channels) &+ panel.first &* source.width)
            func row(_ channel: Int) -> UnsafePointer<Float> { rows + min(channel, panel.count &- 1) &* source.width }
            for output in stride(from: 0, to: source.width, by: 4) {
                let columns = target + (source.first &+ output) &* panel.width
                for channel in stride(from: 0, to: panel.width, by: 4) {
                    transpose((row(channel), row(channel &+ 1), row(channel &+ 2), row(channel &+ 3)), from: output,
                              to: columns + channel, step: panel.width)
                }
            }
        }
        return UnsafePointer(target)
    }
}

private typealias FourRows = (UnsafePointer<Float>, UnsafePointer<Float>, UnsafePointer<Float>, UnsafePointer<Float>)

/// Writes a square of four floats from each of four rows with rows and columns exchanged.
@inline(__always)
private func transpose(_ rows: FourRows, from column: Int, to target: UnsafeMutablePointer<Float>, step: Int) {
    let a = SIMD4<Float>(reading: rows.0 + column), b = SIMD4<Float>(reading: rows.1 + column)
    let c = SIMD4<Float>(reading: rows.2 + column), d = SIMD4<Float>(reading: rows.3 + column)
    SIMD4(a[0], b[0], c[0], d[0]).write(to: target)
    SIMD4(a[1], b[1], c[1], d[1]).write(to: target + step)
    SIMD4(a[2], b[2], c[2], d[2]).write(to: target + 2 &* step)
    SIMD4(a[3], b[3], c[3], d[3]).write(to: target + 3 &* step)
}
