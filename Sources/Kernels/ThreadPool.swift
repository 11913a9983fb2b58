#if canImport(Glibc)
import Glibc
#elseif canImport(Darwin)
import Darwin
#endif
import Synchronization

/// Work cut into a fixed number of independent parts.
///
/// The cut must not depend on the number of threads, and parts must write to different memory: then the result is the
/// same to the bit for any number of threads.
public protocol ParallelWork {
    var partCount: Int { get }
    func run(part: Int)
}

/// The engine's threads. They start with the first work that has two parts, and anew in a forked child.
///
/// Not a dispatch queue: those break in forked children. A caller that finds the pool busy (another thread's call is
/// running) does all parts itself, so concurrent callers never wait for one another here.
public final class ThreadPool: Sendable {
    public static let shared = ThreadPool()
    public static let maximumThreads = 256

    private let wanted: Atomic<Int>
    private let busy = Atomic<Bool>(false)
    /// The running workers, retained; nil before the first use. Guarded by `busy`.
    private nonisolated(unsafe) var workers: Workers?

    private init() {
        wanted = Atomic(max(1, min(Self.maximumThreads, sysconf(Int32(_SC_NPROCESSORS_ONLN)))))
        pthread_atfork(nil, nil, { ThreadPool.shared.forgetThreads() })
    }

    /// In a forked child: the parent's threads do not exist here, nor does whoever held the pool. The old object is left
    /// as it is, for its locks may be in any state.
    private func forgetThreads() {
        if let workers { _ = Unmanaged.passRetained(workers) }
        workers = nil
        busy.store(false, ordering: .relaxed)
    }

    /// Threads that work on one call, the caller's included: 1 ... `maximumThreads`.
    public var threadCount: Int {
        get { wanted.load(ordering: .relaxed) }
        set {
            precondition(newValue >= 1 && newValue <= Self.maximumThreads)
            wanted.store(newValue, ordering: .relaxed)
        }
    }

    /// Does every part of `work`, in no particular order, and returns when all are done. Allocates nothing once the
    /// threads run.
    public func run<Work: ParallelWork>(_ work: Work) {
        let parts = work.partCount
        if parts > 1, threadCount > 1, !busy.exchange(true, ordering: .acquiring) {
            withUnsafePointer(to: work) { pointer in
                currentWorkers().run(Job(work: UnsafeRawPointer(pointer), caller: PartCaller<Work>.self, parts: parts))
            }
            busy.store(false, ordering: .releasing)
        } else {
            for part in 0 ..< parts { work.run(part: part) }
        }
    }

    private func currentWorkers() -> Workers {
        let count = threadCount - 1
        if let workers, workers.count == count { return workers }
        workers?.stop()
        let fresh = Workers(count: count)
        workers = fresh
        return fresh
    }
}

/// What the workers are given: memory that holds a `ParallelWork`, and the type that knows how to run it.
struct Job {
    let work: UnsafeRawPointer
    let caller: AnyPartCaller.Type
    let parts: Int
}

/// Runs one part of a work whose type is known to the subclass only: lets a value on the caller's stack be shared
/// without boxing it.
class AnyPartCaller {
    class func run(_ work: UnsafeRawPointer, part: Int) {}
}

final class PartCaller<Work: ParallelWork>: AnyPartCaller {
    override class func run(_ work: UnsafeRawPointer, part: Int) {
        work.assumingMemoryBound(to: Work.self).pointee.run(part: part)
    }
}
