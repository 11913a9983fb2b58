#if canImport(Glibc)
import Glibc
#elseif canImport(Darwin)
import Darwin
#endif
import Kernels

/// Zeroed, aligned floats whose allocation may fail without ending the process: what users' sizes decide.
final class Arena: @unchecked Sendable {
    let count: Int
    let base: UnsafeMutablePointer<Float>

    /// - Throws: `NetworkError.outOfMemory`, also when more than the machine's memory is asked for: the system would
    ///   hand out the addresses and end the process when they are first written to.
    init(count: Int) throws {
        let (data, overflow) = count.multipliedReportingOverflow(by: MemoryLayout<Float>.stride)
        let (bytes, overflowToo) = data.addingReportingOverflow(Buffers.slack)
        let physical = sysconf(Int32(_SC_PHYS_PAGES)).multipliedReportingOverflow(by: sysconf(Int32(_SC_PAGESIZE)))
        guard count >= 0, !overflow, !overflowToo, physical.overflow || bytes <= physical.partialValue else {
            throw NetworkError.outOfMemory(bytes: overflow || overflowToo ? Int.max : bytes)
        }
        guard let memory = LargeMemory.allocate(bytes: bytes) else { throw NetworkError.outOfMemory(bytes: bytes) }
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
