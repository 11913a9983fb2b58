// What a tile's transforms read lies in rows that are far apart: they are asked for while the tile before is transformed.

extension WinogradLayer {
    /// What a tile's inputs have beside those of its left neighbour.
    @inline(__always)
    func prefetchInputs(_ images: UnsafePointer<Float>, of number: Int) {
        let (offset, rows, _) = input(tile(number)), geometry = windows.geometry, shared = (kernel &- 1) &* geometry.columnStep
        for row in 0 ..< rows {
            prefetch(images + (offset &+ row &* geometry.rowStep &+ shared), count: Self.side &* geometry.columnStep)
        }
    }

    @inline(__always)
    func prefetchOutputs(_ images: UnsafePointer<Float>, of number: Int) {
        let (offset, rows, columns) = output(tile(number))
        for row in 0 ..< rows {
            prefetch(images + (offset &+ row &* windows.outputRowStep), count: columns &* windows.outputColumnStep)
        }
    }
}
