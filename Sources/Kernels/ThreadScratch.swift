#if canImport(Glibc)
import Glibc
#elseif canImport(Darwin)
import Darwin
#endif
import Synchronization

/// Memory that each thread keeps for what it works on at the moment, so that it stays in that core's caches.
///
/// It grows to the largest request and is freed when the thread ends. What it holds is lost with the next request.
struct ThreadScratch: Sendable {
    /// Tiles that are transformed, a panel of transposed weights, packed windows, and one image between two layers.
    static let tiles = ThreadScratch()
    static let weights = ThreadScratch()
    static let windows = ThreadScratch()
    static let image = ThreadScratch()

    private let key: pthread_key_t

    private init() {
        var key = pthread_key_t()
        let status = pthread_key_create(&key) { free($0) }
        precondition(status == 0, "no key is left for a thread's memory")
        self.key = key
    }

    /// Bytes in front of the floats: their number is kept there.
    private static let header = Buffers.alignment

    /// The calling thread's memory, `count` floats at least, aligned like every buffer. Nil where it cannot be had: the part
    /// of a work that asked then returns without its results, and `ThreadMemory` tells whoever ran the work.
    func floats(_ count: Int) -> UnsafeMutablePointer<Float>? {
        if let memory = pthread_getspecific(key) {
            if memory.load(as: Int.self) >= count { return Self.floats(in: memory) }
            pthread_setspecific(key, nil)
            free(memory)
        }
        let bytes = Self.header + count * 4 + Buffers.slack
        guard let memory = LargeMemory.allocate(bytes: bytes) else {
            ThreadMemory.noteShortage(of: bytes)
            return nil
        }
        guard pthread_setspecific(key, memory) == 0 else {
            free(memory)
            ThreadMemory.noteShortage(of: bytes)
            return nil
        }
        memory.storeBytes(of: count, as: Int.self)
        (memory + Self.header).initializeMemory(as: Float.self, repeating: 0, count: count + Buffers.slack / 4)
        return Self.floats(in: memory)
    }

    private static func floats(in memory: UnsafeMutableRawPointer) -> UnsafeMutablePointer<Float> {
        (memory + header).assumingMemoryBound(to: Float.self)
    }
}

/// Whether all threads had the memory they asked for: the parts of a work cannot throw.
public enum ThreadMemory {
    private static let shortages = Atomic<Int>(0)
    private static let lastBytes = Atomic<Int>(0)

    static func noteShortage(of bytes: Int) {
        lastBytes.store(bytes, ordering: .relaxed)
        shortages.add(1, ordering: .releasing)
    }

    /// Runs some works.
    ///
    /// - Returns: nil, or bytes that a thread could not have meanwhile. It may have been another caller's; then both throw away
    ///   what they computed, which does no harm where memory is short.
    public static func shortage(in body: () -> Void) -> Int? {
        let before = shortages.load(ordering: .acquiring)
        body()
        return shortages.load(ordering: .acquiring) == before ? nil : lastBytes.load(ordering: .relaxed)
    }
}
