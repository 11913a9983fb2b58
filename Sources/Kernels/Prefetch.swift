internal import CPrefetch

/// Asks for the line of memory at `address`, which may lie anywhere: what is read a few hundred cycles later then comes from
/// the first-level cache. The processor does it by itself for lines in order, but not for rows that are far apart.
@inline(__always)
func prefetch(_ address: UnsafePointer<Float>) { evicam_prefetch(address) }

/// The same for the lines of `count` floats.
@inline(__always)
func prefetch(_ address: UnsafePointer<Float>, count: Int) {
    for offset in stride(from: 0, to: count, by: 16) { prefetch(address + offset) }
}
