#if canImport(Glibc)
import Glibc
#elseif canImport(Darwin)
import Darwin
#endif
import Kernels

/// Zeroed, aligned floats whose allocation may fail without ending the process: what users' sizes decide.
public final class Arena: @unchecked Sendable {
    let count: Int
    /// The first of them. Whoever goes on with this address alone must keep the arena (`withExtendedLifetime`).
    public let base: UnsafeMutablePointer<Float>

    /// - Throws: `NetworkError.outOfMemory`, also when more than the machine's memory is asked for.
    public init(count: Int) throws {
        let (data, overflow) = count.multipliedReportingOverflow(by: MemoryLayout<Float>.stride)
        let (bytes, overflowToo) = data.addingReportingOverflow(Buffers.slack)
        guard count >= 0, !overflow, !overflowToo, let memory = LargeMemory.allocate(bytes: bytes) else {
            throw NetworkError.outOfMemory(bytes: overflow || overflowToo ? Int.max : bytes)
        }
        memset(memory, 0, bytes)
        self.count = count
        base = memory.assumingMemoryBound(to: Float.self)
    }

    deinit { free(base) }

    /// Floats to set aside for a block of `count`, so that the next one is aligned and the kernels may read past this one.
    static func rounded(_ count: Int) -> Int {
        let unit = Buffers.alignment / MemoryLayout<Float>.stride
        return (count + unit - 1) / unit * unit + Buffers.slack / MemoryLayout<Float>.stride
    }
}
