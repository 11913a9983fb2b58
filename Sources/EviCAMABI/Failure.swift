import CEviCAM
import EviCAM

/// A failed call: its status and one sentence for the caller.
struct Failure: Error {
    let status: evicam_status
    let message: String

    static func invalid(_ message: String) -> Failure {
        Failure(status: evicam_status(EVICAM_INVALID_ARGUMENT), message: message)
    }

    init(status: evicam_status, message: String) {
        self.status = status
        self.message = message
    }

    init(_ error: any Error) {
        switch error {
        case let failure as Failure:
            self = failure
        case let error as NetworkError:
            let status = switch error {
            case .unknownLayer: EVICAM_UNKNOWN_NAME
            case .outOfMemory: EVICAM_OUT_OF_MEMORY
            default: EVICAM_INVALID_ARGUMENT
            }
            self.init(status: evicam_status(status), message: error.description)
        default:
            self.init(status: evicam_status(EVICAM_INTERNAL_ERROR), message: "\(error)")
        }
    }
}

/// Runs the body of a C function: what it throws becomes the status and the caller's message.
func call(_ error: UnsafeMutablePointer<evicam_error>?, _ body: () throws -> Void) -> evicam_status {
    do {
        try ForkGuard.shared.pass(body)
        return evicam_status(EVICAM_OK)
    } catch let thrown {
        let failure = Failure(thrown)
        if let error {
            withUnsafeMutableBytes(of: &error.pointee.message) { copy(failure.message, into: $0) }
        }
        return failure.status
    }
}

/// Copies text into a fixed buffer: whole characters only, always terminated.
func copy(_ text: String, into buffer: UnsafeMutableRawBufferPointer) {
    guard buffer.count > 0 else { return }
    var length = 0
    for character in text {
        let bytes = character.utf8
        guard length + bytes.count < buffer.count else { break }
        for byte in bytes {
            buffer[length] = byte
            length += 1
        }
    }
    buffer[length] = 0
}
