#if canImport(Glibc)
import Glibc
#elseif canImport(Darwin)
import Darwin
#endif
import Synchronization

/// A set of threads that wait for jobs: first spinning, because the next layer's job usually follows within
/// microseconds, then asleep.
///
/// A job is open while its ticket hands out parts. The ticket holds the job's number (upper half) and the next part
/// (lower half); a thread takes a part by raising the lower half, which fails once another job has come. The job's
/// fields may therefore be read before the part is taken: if it is taken, they belong to it. For that
///
/// - fields older than the ticket must not be seen: they are stored before the ticket opens, which releases them, and loaded
///   after it, which acquires them;
/// - fields newer than the ticket must not be seen either: they are stored releasing, after the ticket was closed, and loaded
///   acquiring. A thread that sees one of them then sees the closed ticket too, or a later one, and takes nothing by the old.
///   Were they relaxed, a processor of weak order could show them before the ticket is closed (a sequentially consistent store
///   keeps back only what comes before it), and a thread could take a part of the new job by the old ticket: it is done twice.
final class Workers: @unchecked Sendable {
    let count: Int

    private let ticket = Atomic<UInt64>(0)
    private let parts = Atomic<Int>(0)
    private let work = Atomic<UInt>(0)
    private let caller = Atomic<UInt>(0)
    private let finished = Atomic<Int>(0)
    private let stopping = Atomic<Bool>(false)
    private let sleepers = Atomic<Int>(0)
    private let mutex = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)
    private let wake = UnsafeMutablePointer<pthread_cond_t>.allocate(capacity: 1)

    /// Loads of the ticket before a thread goes to sleep: some tens of microseconds.
    private static let spins = 20_000

    init(count: Int) {
        self.count = count
        pthread_mutex_init(mutex, nil)
        pthread_cond_init(wake, nil)
        for _ in 0 ..< count { startThread() }
    }

    deinit {
        pthread_cond_destroy(wake)
        pthread_mutex_destroy(mutex)
        wake.deallocate()
        mutex.deallocate()
    }

    /// Threads that cannot be started are done without: the caller does their parts.
    private func startThread() {
        var attributes = pthread_attr_t()
        pthread_attr_init(&attributes)
        pthread_attr_setdetachstate(&attributes, Int32(PTHREAD_CREATE_DETACHED))
        defer { pthread_attr_destroy(&attributes) }
        #if canImport(Darwin)
        var thread: pthread_t?
        #else
        var thread = pthread_t()
        #endif
        let retained = Unmanaged.passRetained(self)
        let status = pthread_create(&thread, &attributes, { context in
            #if canImport(Darwin)
            let workers = Unmanaged<Workers>.fromOpaque(context).takeRetainedValue()
            #else
            let workers = Unmanaged<Workers>.fromOpaque(context!).takeRetainedValue()
            #endif
            workers.serve()
            return nil
        }, retained.toOpaque())
        if status != 0 { retained.release() }
    }

    /// Lets the threads end; they keep the object alive until they have.
    func stop() {
        stopping.store(true, ordering: .sequentiallyConsistent)
        publish()
    }

    /// Does the whole job, the calling thread taking parts like the others.
    func run(_ job: Job) {
        finished.store(0, ordering: .relaxed)
        // Close the old ticket before the fields change, so that no thread takes a part of the old job by the new fields.
        let number = (ticket.load(ordering: .relaxed) >> 32) &+ 1
        ticket.store(number << 32 | 0xFFFF_FFFF, ordering: .sequentiallyConsistent)
        work.store(UInt(bitPattern: job.work), ordering: .releasing)
        caller.store(unsafeBitCast(job.caller, to: UInt.self), ordering: .releasing)
        parts.store(job.parts, ordering: .releasing)
        ticket.store((number &+ 1) << 32, ordering: .sequentiallyConsistent)
        wakeSleepers()

        takeParts()
        var spins = 0
        while finished.load(ordering: .acquiring) != job.parts {
            spins &+= 1
            if spins > Self.spins { sched_yield() }
        }
    }

    private func publish() {
        let number = (ticket.load(ordering: .relaxed) >> 32) &+ 1
        ticket.store(number << 32 | 0xFFFF_FFFF, ordering: .sequentiallyConsistent)
        wakeSleepers()
    }

    private func wakeSleepers() {
        guard sleepers.load(ordering: .sequentiallyConsistent) > 0 else { return }
        pthread_mutex_lock(mutex)
        pthread_cond_broadcast(wake)
        pthread_mutex_unlock(mutex)
    }

    /// Takes and does parts of the open job until none is left.
    private func takeParts() {
        while true {
            let seen = ticket.load(ordering: .sequentiallyConsistent)
            let part = Int(truncatingIfNeeded: seen & 0xFFFF_FFFF)
            let work = self.work.load(ordering: .acquiring)
            let caller = self.caller.load(ordering: .acquiring)
            guard part < parts.load(ordering: .acquiring), part != 0xFFFF_FFFF else { return }
            guard ticket.compareExchange(expected: seen, desired: seen &+ 1,
                                         ordering: .sequentiallyConsistent).exchanged else { continue }
            let type = unsafeBitCast(caller, to: AnyPartCaller.Type.self)
            type.run(UnsafeRawPointer(bitPattern: work)!, part: part)
            finished.add(1, ordering: .releasing)
        }
    }

    /// A thread's life: wait for a job, help with it, wait again.
    private func serve() {
        var seen: UInt64 = 0
        while !stopping.load(ordering: .relaxed) {
            takeParts()
            seen = ticket.load(ordering: .sequentiallyConsistent)
            var spins = 0
            while ticket.load(ordering: .relaxed) == seen, spins < Self.spins { spins &+= 1 }
            if ticket.load(ordering: .relaxed) != seen { continue }
            pthread_mutex_lock(mutex)
            sleepers.add(1, ordering: .sequentiallyConsistent)
            while ticket.load(ordering: .sequentiallyConsistent) == seen { pthread_cond_wait(wake, mutex) }
            sleepers.subtract(1, ordering: .sequentiallyConsistent)
            pthread_mutex_unlock(mutex)
        }
    }
}
