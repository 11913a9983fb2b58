/// Images [count, height, width, channels] as plain numbers: what the reference implementations work on.
///
/// Generic over the number, so that gradients can be checked against finite differences in Double. Nothing here is
/// meant to be fast; everything is meant to be obviously right.
public struct ReferenceImages<Number: BinaryFloatingPoint>: Equatable, Sendable where Number: Sendable {
    public let count, height, width, channels: Int
    public var values: [Number]

    public init(count: Int, height: Int, width: Int, channels: Int, values: [Number]? = nil) {
        self.count = count
        self.height = height
        self.width = width
        self.channels = channels
        self.values = values ?? [Number](repeating: 0, count: count * height * width * channels)
        precondition(self.values.count == count * height * width * channels)
    }

    public subscript(n: Int, y: Int, x: Int, c: Int) -> Number {
        get { values[((n * height + y) * width + x) * channels + c] }
        set { values[((n * height + y) * width + x) * channels + c] = newValue }
    }

    /// The value, or nil outside the image: padding.
    func within(_ n: Int, _ y: Int, _ x: Int, _ c: Int) -> Number? {
        y >= 0 && y < height && x >= 0 && x < width ? self[n, y, x, c] : nil
    }
}

/// Kernel, stride, padding and dilation along height and width.
public struct ReferenceWindow: Sendable {
    public var kernel: (height: Int, width: Int)
    public var stride: (height: Int, width: Int)
    public var padding: (height: Int, width: Int)
    public var dilation: (height: Int, width: Int)

    public init(kernel: (height: Int, width: Int), stride: (height: Int, width: Int) = (1, 1),
                padding: (height: Int, width: Int) = (0, 0), dilation: (height: Int, width: Int) = (1, 1)) {
        self.kernel = kernel
        self.stride = stride
        self.padding = padding
        self.dilation = dilation
    }

    /// Output rows and columns for an image.
    public func outputs(height: Int, width: Int) -> (height: Int, width: Int) {
        ((height + 2 * padding.height - dilation.height * (kernel.height - 1) - 1) / stride.height + 1,
         (width + 2 * padding.width - dilation.width * (kernel.width - 1) - 1) / stride.width + 1)
    }

    /// Where tap (i, j) of the window of output (y, x) lies in the image; may be outside.
    func position(_ y: Int, _ x: Int, _ i: Int, _ j: Int) -> (y: Int, x: Int) {
        (y * stride.height - padding.height + i * dilation.height, x * stride.width - padding.width + j * dilation.width)
    }
}
