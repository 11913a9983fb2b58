// What stands in for the thread pool where there is no Linux standard library for arm64: one thread.

public protocol ParallelWork {
    var partCount: Int { get }
    func run(part: Int)
}

public final class ThreadPool: Sendable {
    public static let shared = ThreadPool()

    public func run<Work: ParallelWork>(_ work: Work) {
        for part in 0 ..< work.partCount { work.run(part: part) }
    }
}

struct ThreadScratch: Sendable {
    static let tiles = ThreadScratch(), weights = ThreadScratch(), windows = ThreadScratch(), image = ThreadScratch()

    func floats(_ count: Int) -> UnsafeMutablePointer<Float>? {
        // Never freed: the program ends soon.
        let bytes = count * 4 + Buffers.slack
        let memory = UnsafeMutableRawPointer.allocate(byteCount: bytes, alignment: Buffers.alignment)
        return memory.initializeMemory(as: Float.self, repeating: 0, count: bytes / 4)
    }
}
