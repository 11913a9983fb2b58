/// Where the windows of a convolution or pooling layer lie in memory.
///
/// Channels-last images make every window a few *runs* of neighbouring floats: a row of the kernel, `kernel width ·
/// channels` long, where its taps touch (dilation 1); one tap, `channels` long, where they do not. The image carries a
/// border of zeros wide enough for the padding, so no window needs a test at the edge. A linear layer is the same with
/// one window per image and one run of all its inputs.
public struct WindowGeometry: Sendable, Equatable {
    /// Windows along the height and width of one image: the layer's output size.
    public var rows: Int
    public var columns: Int
    /// Floats from one window to the next, down and across, and from image to image.
    public var rowStep: Int
    public var columnStep: Int
    public var imageStep: Int
    /// Floats in a run.
    public var runLength: Int
    /// Start of each run of a window, in floats from the window's first.
    public var runOffsets: [Int]

    /// Floats in a window: the length of the sums over it.
    public var windowLength: Int { runLength * runOffsets.count }

    public init(rows: Int, columns: Int, rowStep: Int, columnStep: Int, imageStep: Int, runLength: Int,
                runOffsets: [Int]) {
        self.rows = rows
        self.columns = columns
        self.rowStep = rowStep
        self.columnStep = columnStep
        self.imageStep = imageStep
        self.runLength = runLength
        self.runOffsets = runOffsets
    }

    /// Windows of `kernel` over images whose rows are `imageRowStep` floats apart, the first at the memory's start.
    public init(
        rows: Int, columns: Int, channels: Int, kernel: (height: Int, width: Int), stride: (height: Int, width: Int),
        dilation: (height: Int, width: Int), imageRowStep: Int, imageStep: Int
    ) {
        let touching = dilation.width == 1
        var offsets: [Int] = []
        for y in 0 ..< kernel.height {
            let row = y * dilation.height * imageRowStep
            if touching {
                offsets.append(row)
            } else {
                for x in 0 ..< kernel.width { offsets.append(row + x * dilation.width * channels) }
            }
        }
        self.init(rows: rows, columns: columns, rowStep: stride.height * imageRowStep,
                  columnStep: stride.width * channels, imageStep: imageStep,
                  runLength: touching ? kernel.width * channels : channels, runOffsets: offsets)
    }

    /// One window per image, holding all `inputs` of it: a linear layer. The images stand side by side as columns.
    public init(linearInputs inputs: Int, images: Int) {
        self.init(rows: 1, columns: images, rowStep: 0, columnStep: inputs, imageStep: 0, runLength: inputs,
                  runOffsets: [0])
    }
}

/// Splits `count` things into `parts` neighbouring ranges of nearly equal length.
@inline(__always)
public func range(of part: Int, parts: Int, count: Int) -> Range<Int> {
    (count &* part / parts) ..< (count &* (part &+ 1) / parts)
}
