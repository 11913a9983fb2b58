import Kernels

/// The same work for each of many images, in parts of neighbouring ones, on all threads.
struct ForEachImage: ParallelWork {
    let count: Int
    let body: (Range<Int>) -> Void

    /// - Parameter body: does some images' work; called for parts at the same time.
    static func run(_ count: Int, _ body: @escaping (Range<Int>) -> Void) {
        ThreadPool.shared.run(ForEachImage(count: count, body: body))
    }

    var partCount: Int { min(count, 32) }

    func run(part: Int) { body(range(of: part, parts: partCount, count: count)) }
}
