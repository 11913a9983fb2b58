/// Extents of a tensor's axes, slowest first. Every extent is at least 0; a shape without axes is a scalar's.
public struct Shape: Hashable, Sendable, CustomStringConvertible, ExpressibleByArrayLiteral {
    public let extents: [Int]

    /// - Precondition: no extent is negative and the number of elements fits in an `Int`; see `init?(checking:)`.
    public init(_ extents: [Int]) {
        guard let shape = Shape(checking: extents) else {
            preconditionFailure("a shape needs extents of at least 0 whose product fits in an Int, not \(extents)")
        }
        self = shape
    }

    public init(arrayLiteral extents: Int...) { self.init(extents) }

    /// Nil when an extent is negative or the number of elements overflows.
    public init?(checking extents: [Int]) {
        var count = 1
        for extent in extents {
            guard extent >= 0 else { return nil }
            let (product, overflow) = count.multipliedReportingOverflow(by: extent)
            guard !overflow else { return nil }
            count = product
        }
        self.extents = extents
        self.count = count
    }

    /// Number of elements.
    public let count: Int

    public var rank: Int { extents.count }

    public subscript(axis: Int) -> Int { extents[axis] }

    /// "[2, 28, 28, 1]"
    public var description: String { "[" + extents.map(String.init).joined(separator: ", ") + "]" }
}
