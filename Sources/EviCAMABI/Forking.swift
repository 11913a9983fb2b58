#if canImport(Glibc)
import Glibc
#elseif canImport(Darwin)
import Darwin
#endif

/// Lets no fork happen while a call runs: a child would find the networks in use by threads that it does not have, locked for
/// ever and half changed. `fork` therefore waits for the calls of other threads; calls wait for one another only at their gates.
///
/// `vfork` and `posix_spawn`, by which programs are started, do not wait.
final class ForkGuard: @unchecked Sendable {
    static let shared = ForkGuard()

    /// Held for reading by every call, for writing by a fork.
    private let lock = UnsafeMutablePointer<pthread_rwlock_t>.allocate(capacity: 1)

    private init() {
        makeLock()
        // In the child the lock is made anew: its holder is known by a number that the thread no longer has.
        pthread_atfork({ pthread_rwlock_wrlock(ForkGuard.shared.lock) }, { pthread_rwlock_unlock(ForkGuard.shared.lock) },
                       { ForkGuard.shared.makeLock() })
    }

    private func makeLock() {
        var attributes = pthread_rwlockattr_t()
        pthread_rwlockattr_init(&attributes)
        #if canImport(Glibc)
        // A fork that waits goes before calls that come later: under a stream of calls it would wait for ever. Calls are not
        // made within calls, which this kind of lock does not allow.
        pthread_rwlockattr_setkind_np(&attributes, Int32(PTHREAD_RWLOCK_PREFER_WRITER_NONRECURSIVE_NP))
        #endif
        pthread_rwlock_init(lock, &attributes)
        pthread_rwlockattr_destroy(&attributes)
    }

    func pass<Result>(_ body: () throws -> Result) rethrows -> Result {
        pthread_rwlock_rdlock(lock)
        defer { pthread_rwlock_unlock(lock) }
        return try body()
    }
}
