import CEviCAM
import EviCAM
#if canImport(Glibc)
import Glibc
#elseif canImport(Darwin)
import Darwin
#endif
import Synchronization

/// An object behind a handle, used by one call at a time.
final class Guarded<Object>: @unchecked Sendable {
    private let object: Object
    /// Shared between a network and its trainers: a trainer changes the network.
    let gate: Gate

    init(_ object: Object, gate: Gate = Gate()) {
        self.object = object
        self.gate = gate
    }

    func use<Result>(_ body: (Object) throws -> Result) rethrows -> Result {
        try gate.pass { try body(object) }
    }
}

/// A lock. `Mutex` asks that what leaves its closure be sendable, which a network is not.
final class Gate: @unchecked Sendable {
    private let mutex = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)

    init() { pthread_mutex_init(mutex, nil) }

    deinit {
        pthread_mutex_destroy(mutex)
        mutex.deallocate()
    }

    func pass<Result>(_ body: () throws -> Result) rethrows -> Result {
        pthread_mutex_lock(mutex)
        defer { pthread_mutex_unlock(mutex) }
        return try body()
    }
}

/// The objects of one kind that callers hold handles to. Numbers are never used again, so a handle that was destroyed
/// is recognised.
final class Handles<Object>: Sendable {
    private let kind: String
    private let entries = Mutex<[UInt64: Guarded<Object>]>([:])

    init(_ kind: String) { self.kind = kind }

    func insert(_ object: Guarded<Object>) -> UInt64 {
        let handle = nextHandle.add(1, ordering: .relaxed).newValue
        entries.withLock { $0[handle] = object }
        return handle
    }

    func find(_ handle: UInt64) throws -> Guarded<Object> {
        guard let object = entries.withLock({ $0[handle] }) else { throw unknown(handle) }
        return object
    }

    func remove(_ handle: UInt64) throws {
        guard entries.withLock({ $0.removeValue(forKey: handle) }) != nil else { throw unknown(handle) }
    }

    private func unknown(_ handle: UInt64) -> Failure {
        Failure(status: evicam_status(EVICAM_INVALID_HANDLE),
                message: "there is no \(kind) with handle \(handle): it was never created, or destroyed already")
    }
}

/// The last handle given out; kinds share the numbers, so one kind's handle is never another's.
private let nextHandle = Atomic<UInt64>(0)

let networks = Handles<Network>("network")
let trainers = Handles<Trainer>("trainer")
