import CEviCAM
import EviCAM

// Checks on what a C caller passes, before any code that could trap sees it.

/// The pointer, or a failure that names the argument.
func require<Pointer>(_ pointer: Pointer?, _ name: String) throws -> Pointer {
    guard let pointer else { throw Failure.invalid("\(name) is null") }
    return pointer
}

/// A structure that may have grown: what of it the caller has, the rest as in `empty`.
/// - Parameters:
///   - size: the field that says how much memory the caller's structure has.
///   - first: bytes of its first published version, which every caller has.
func read<Structure>(_ pointer: UnsafePointer<Structure>, _ size: KeyPath<Structure, UInt64>, name: String, first: Int,
                     empty: Structure) throws -> Structure {
    let size = pointer.pointer(to: size)!.pointee
    guard size >= UInt64(first) else {
        throw Failure.invalid("\(name).struct_size is \(size), but must be sizeof(evicam_\(name))")
    }
    var structure = empty
    withUnsafeMutableBytes(of: &structure) {
        $0.copyMemory(from: UnsafeRawBufferPointer(start: pointer, count: min(MemoryLayout<Structure>.size, Int(clamping: size))))
    }
    return structure
}

/// `value` as an Int within `range`.
func require(_ value: Int64, _ name: String, in range: ClosedRange<Int64>) throws -> Int {
    guard range.contains(value) else {
        throw Failure.invalid(range.upperBound == .max
            ? "\(name) is \(value), but must be at least \(range.lowerBound)"
            : "\(name) is \(value), but must be \(range.lowerBound) ... \(range.upperBound)")
    }
    return Int(value)
}

/// A finite number.
func requireFinite(_ value: Double, _ name: String) throws {
    guard value.isFinite else { throw Failure.invalid("\(name) is \(value), but must be finite") }
}

/// Product of extents (each checked to be at least 1) that an array of 8-byte elements could have.
@discardableResult
func requireProduct(_ extents: [Int], _ name: String) throws -> Int {
    var product = 1
    for extent in extents {
        let (next, overflow) = product.multipliedReportingOverflow(by: extent)
        guard !overflow, next <= Int.max / 8 else {
            throw Failure.invalid("\(name) is too large: \(extents.map(String.init).joined(separator: " x "))")
        }
        product = next
    }
    return product
}

/// A C string, or a failure that names the argument.
func requireText(_ text: UnsafePointer<CChar>?, _ name: String) throws -> String {
    guard let string = String(validatingCString: try require(text, name)) else {
        throw Failure.invalid("\(name) is not UTF-8")
    }
    return string
}

/// Copies text out as the interface promises: always terminated, the full length told.
func write(_ text: String, to buffer: UnsafeMutablePointer<CChar>?, capacity: Int64,
           length: UnsafeMutablePointer<Int64>?) throws {
    let length = try require(length, "length")
    let capacity = try require(capacity, "capacity", in: 0 ... .max)
    if capacity > 0 {
        let buffer = try require(buffer, "text")
        let bytes = min(capacity, text.utf8.count + 1)
        copy(text, into: UnsafeMutableRawBufferPointer(start: buffer, count: bytes))
    }
    length.pointee = Int64(text.utf8.count)
}

extension Images {
    /// Reads the C structure.
    init(_ pointer: UnsafePointer<evicam_images>?) throws {
        let images = try require(pointer, "images").pointee
        let data = try require(images.data, "images.data")
        let count = try require(images.count, "images.count", in: 1 ... Int64(Int32.max))
        let height = try require(images.height, "images.height", in: 1 ... 65536)
        let width = try require(images.width, "images.width", in: 1 ... 65536)
        let channels = try require(images.channels, "images.channels", in: 1 ... 65536)
        try requireProduct([count, height, width, channels], "images")
        let pixels: Pixels
        switch Int(images.type) {
        case Int(EVICAM_UINT8): pixels = .uint8
        case Int(EVICAM_FLOAT32): pixels = .float32
        default:
            throw Failure.invalid("images.type is \(images.type), but must be EVICAM_UINT8 or EVICAM_FLOAT32")
        }
        self.init(data: data, pixels: pixels, count: count,
                  shape: MapShape(height: height, width: width, channels: channels))
    }
}
