/// A value: elements with a shape, in C order, in 64-byte aligned memory. Copies share memory until one is written to.
///
/// `Tensor<Float>` holds images, activations and parameters; `Tensor<Int32>` holds labels.
public struct Tensor<Element: BitwiseCopyable & Sendable>: Sendable {
    public private(set) var shape: Shape
    private var storage: Storage<Element>

    /// All bits zero.
    public init(shape: Shape) {
        self.shape = shape
        storage = Storage(count: shape.count)
    }

    /// - Precondition: `elements` has `shape.count` entries.
    public init(shape: Shape, elements: [Element]) {
        precondition(elements.count == shape.count, "\(shape) needs \(shape.count) elements, not \(elements.count)")
        self.init(shape: shape)
        elements.withUnsafeBufferPointer { if let first = $0.baseAddress { storage.base.update(from: first, count: $0.count) } }
    }

    /// A one-axis tensor.
    public init(_ elements: [Element]) { self.init(shape: [elements.count], elements: elements) }

    public var count: Int { shape.count }
    public var layout: Layout { Layout(contiguous: shape) }

    /// The elements in C order.
    public var elements: [Element] { Array(UnsafeBufferPointer(start: storage.base, count: count)) }

    public subscript(index: Int...) -> Element {
        get { storage.base[layout.offset(of: index)] }
        set {
            let offset = layout.offset(of: index)
            detach()
            storage.base[offset] = newValue
        }
    }

    /// The same elements under another shape with as many.
    public func reshaped(_ shape: Shape) -> Tensor {
        precondition(shape.count == count, "\(self.shape) cannot become \(shape)")
        var copy = self
        copy.shape = shape
        return copy
    }

    /// The elements in another order of axes, copied: `order[i]` is the old axis that becomes axis i.
    public func permuted(_ order: [Int]) -> Tensor {
        let source = layout.permuted(order)
        var result = Tensor(shape: source.shape)
        guard count > 0 else { return result }
        result.withUnsafeMutablePointer { target in
            var index = [Int](repeating: 0, count: source.shape.rank)
            var offset = 0
            for position in 0 ..< count {
                target[position] = storage.base[offset]
                var axis = index.count - 1
                while axis >= 0 {
                    index[axis] += 1
                    offset += source.steps[axis]
                    if index[axis] < source.shape[axis] { break }
                    offset -= index[axis] * source.steps[axis]
                    index[axis] = 0
                    axis -= 1
                }
            }
        }
        return result
    }

    /// Lends the memory for reading.
    public func withUnsafePointer<Result>(_ body: (UnsafePointer<Element>) throws -> Result) rethrows -> Result {
        try body(UnsafePointer(storage.base))
    }

    /// Lends the memory for writing; it is this tensor's own by then.
    public mutating func withUnsafeMutablePointer<Result>(
        _ body: (UnsafeMutablePointer<Element>) throws -> Result
    ) rethrows -> Result {
        detach()
        return try body(storage.base)
    }

    private mutating func detach() {
        if !isKnownUniquelyReferenced(&storage) { storage = storage.copy() }
    }
}

extension Tensor: Equatable where Element: Equatable {
    public static func == (a: Tensor, b: Tensor) -> Bool { a.shape == b.shape && a.elements == b.elements }
}
