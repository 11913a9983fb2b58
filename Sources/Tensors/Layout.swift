/// Where the elements of a tensor lie: one step per axis, in elements.
public struct Layout: Hashable, Sendable {
    public let shape: Shape
    /// Elements from one index to the next, per axis.
    public let steps: [Int]

    public init(shape: Shape, steps: [Int]) {
        precondition(shape.rank == steps.count, "a layout needs one step per axis")
        self.shape = shape
        self.steps = steps
    }

    /// Last axis fastest, no gaps: C order. Images [N, H, W, C] are channels last this way.
    public init(contiguous shape: Shape) {
        var steps = [Int](repeating: 1, count: shape.rank)
        for axis in stride(from: shape.rank - 2, through: 0, by: -1) {
            steps[axis] = steps[axis + 1] * max(1, shape[axis + 1])
        }
        self.init(shape: shape, steps: steps)
    }

    public var isContiguous: Bool { self == Layout(contiguous: shape) }

    /// Position of an element from the tensor's first.
    public func offset(of index: [Int]) -> Int {
        precondition(index.count == steps.count, "an index needs one entry per axis")
        var offset = 0
        for axis in steps.indices {
            precondition(index[axis] >= 0 && index[axis] < shape[axis], "index \(index) is outside \(shape)")
            offset += index[axis] * steps[axis]
        }
        return offset
    }

    /// The same elements with axes in another order: `order[i]` is the old axis that becomes axis i.
    public func permuted(_ order: [Int]) -> Layout {
        precondition(order.sorted() == Array(0 ..< steps.count), "\(order) is not an order of \(steps.count) axes")
        return Layout(shape: Shape(order.map { shape[$0] }), steps: order.map { steps[$0] })
    }
}
