import Kernels

/// A block of memory for `count` elements: aligned to 64 bytes, zeroed, with readable slack at the end for the kernels.
public final class Storage<Element: BitwiseCopyable & Sendable>: @unchecked Sendable {
    public let count: Int
    /// First element. Writing is the business of whoever holds the storage alone (see `Tensor`).
    public let base: UnsafeMutablePointer<Element>
    private let memory: UnsafeMutableRawPointer

    /// - Precondition: `count` is not negative.
    public init(count: Int) {
        precondition(count >= 0)
        self.count = count
        let bytes = count * MemoryLayout<Element>.stride + Buffers.slack
        memory = UnsafeMutableRawPointer.allocate(byteCount: bytes, alignment: Buffers.alignment)
        memory.initializeMemory(as: UInt8.self, repeating: 0, count: bytes)
        base = memory.assumingMemoryBound(to: Element.self)
    }

    deinit { memory.deallocate() }

    /// A copy with memory of its own.
    func copy() -> Storage {
        let copy = Storage(count: count)
        copy.base.update(from: base, count: count)
        return copy
    }
}
