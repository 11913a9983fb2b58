import CEviCAM
import EviCAM
import Kernels

@c @implementation
public func evicam_abi_version() -> Int32 { EVICAM_ABI_VERSION }

/// The engine's version; the Python package has its own copy in pyproject.toml, and a test compares them.
private let version: StaticString = "0.1.0"

@c @implementation
public func evicam_version() -> UnsafePointer<CChar>! { text(version) }

@c @implementation
public func evicam_isa() -> UnsafePointer<CChar>! { text(InstructionSet.name) }

/// A static string is terminated and never freed.
private func text(_ string: StaticString) -> UnsafePointer<CChar> {
    UnsafeRawPointer(string.utf8Start).assumingMemoryBound(to: CChar.self)
}

@c @implementation
public func evicam_set_num_threads(_ threads: Int64, _ error: UnsafeMutablePointer<evicam_error>!) -> evicam_status {
    call(error) {
        ThreadPool.shared.threadCount = try require(threads, "threads", in: 1 ... Int64(ThreadPool.maximumThreads))
    }
}

@c @implementation
public func evicam_num_threads() -> Int64 { Int64(ThreadPool.shared.threadCount) }

@c @implementation
public func evicam_set_winograd(_ enabled: Int32, _ error: UnsafeMutablePointer<evicam_error>!) -> evicam_status {
    call(error) { Winograd.isEnabled = try require(Int64(enabled), "enabled", in: 0 ... 1) == 1 }
}

@c @implementation
public func evicam_winograd() -> Int32 { Winograd.isEnabled ? 1 : 0 }
