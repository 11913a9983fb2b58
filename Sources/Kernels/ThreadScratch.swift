#if canImport(Glibc)
import Glibc
#elseif canImport(Darwin)
import Darwin
#endif

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

    /// The calling thread's memory, `count` floats at least, aligned like every buffer.
    func floats(_ count: Int) -> UnsafeMutablePointer<Float> {
        if let memory = pthread_getspecific(key), memory.load(as: Int.self) >= count { return Self.floats(in: memory) }
        free(pthread_getspecific(key))
        let bytes = Self.header + count * 4 + Buffers.slack
        guard let memory = LargeMemory.allocate(bytes: bytes) else { fatalError("no \(bytes) bytes for a thread's memory") }
        memory.storeBytes(of: count, as: Int.self)
        (memory + Self.header).initializeMemory(as: Float.self, repeating: 0, count: count + Buffers.slack / 4)
        pthread_setspecific(key, memory)
        return Self.floats(in: memory)
    }

    private static func floats(in memory: UnsafeMutableRawPointer) -> UnsafeMutablePointer<Float> {
        (memory + header).assumingMemoryBound(to: Float.self)
    }
}
