/// The windows of a pooling layer over channels-last images.
public struct PoolingShape: Sendable, Equatable {
    public var channels: Int
    public var kernel: (height: Int, width: Int)
    public var stride: (height: Int, width: Int)
    /// Output rows and columns of one image.
    public var rows: Int
    public var columns: Int
    /// Input floats from row to row and image to image; the first window starts at the memory's start.
    public var inputRowStep: Int
    public var inputImageStep: Int
    /// Output floats from row to row and image to image.
    public var outputRowStep: Int
    public var outputImageStep: Int

    public init(channels: Int, kernel: (height: Int, width: Int), stride: (height: Int, width: Int), rows: Int,
                columns: Int, inputRowStep: Int, inputImageStep: Int, outputRowStep: Int, outputImageStep: Int) {
        self.channels = channels
        self.kernel = kernel
        self.stride = stride
        self.rows = rows
        self.columns = columns
        self.inputRowStep = inputRowStep
        self.inputImageStep = inputImageStep
        self.outputRowStep = outputRowStep
        self.outputImageStep = outputImageStep
    }

    public static func == (a: PoolingShape, b: PoolingShape) -> Bool {
        a.channels == b.channels && a.kernel == b.kernel && a.stride == b.stride && a.rows == b.rows
            && a.columns == b.columns && a.inputRowStep == b.inputRowStep && a.inputImageStep == b.inputImageStep
            && a.outputRowStep == b.outputRowStep && a.outputImageStep == b.outputImageStep
    }

    /// Calls `body` with the first input and output float of every window of an image, row by row.
    @inline(__always)
    func forEachWindow(image: Int, _ body: (_ input: Int, _ output: Int) -> Void) {
        for y in 0 ..< rows {
            var input = image &* inputImageStep &+ y &* stride.height &* inputRowStep
            var output = image &* outputImageStep &+ y &* outputRowStep
            for _ in 0 ..< columns {
                body(input, output)
                input &+= stride.width &* channels
                output &+= channels
            }
        }
    }
}

/// y = max over each window, and no less than 0 if `relu`. One part an image.
///
/// The input's border, where there is padding, must hold -infinity or, with `relu`, anything up to 0.
public struct MaxPooling: ParallelWork {
    let shape: PoolingShape
    let images: Int
    let input: UnsafePointer<Float>
    let output: UnsafeMutablePointer<Float>
    let relu: Bool

    public init(shape: PoolingShape, images: Int, input: UnsafePointer<Float>, output: UnsafeMutablePointer<Float>,
                relu: Bool) {
        self.shape = shape
        self.images = images
        self.input = input
        self.output = output
        self.relu = relu
    }

    public var partCount: Int { images }

    /// The same for one image alone, read from `input`.
    func image(_ image: Int, from input: UnsafePointer<Float>) -> MaxPooling {
        MaxPooling(shape: shape, images: 1, input: input, output: output + image &* shape.outputImageStep, relu: relu)
    }

    public func run(part: Int) {
        shape.forEachWindow(image: part) { x, y in
            forEachVector(shape.channels, Maximum(shape: shape, input: input + x, output: output + y, relu: relu))
        }
    }

    private struct Maximum: VectorBody {
        let shape: PoolingShape
        let input: UnsafePointer<Float>
        let output: UnsafeMutablePointer<Float>
        let relu: Bool

        @inline(__always)
        func apply<V: FloatVector>(_ type: V.Type, at offset: Int, lanes: Int) {
            var best = V(reading: input + offset)
            if relu { best.clampNegative() }
            for dy in 0 ..< shape.kernel.height {
                let row = input + dy &* shape.inputRowStep + offset
                for dx in 0 ..< shape.kernel.width {
                    best = best.maximum(V(reading: row + dx &* shape.channels))
                }
            }
            best.write(to: output + offset, first: lanes)
        }
    }
}

/// dx += dy at the first element of each window that equals its maximum; with `relu`, only where that is positive.
/// One part an image.
///
/// With `overwrites` the windows must not overlap: then dx = dy or 0 within them, and what lies outside all windows is
/// left as it is.
public struct MaxPoolingGradient: ParallelWork {
    let shape: PoolingShape
    let images: Int
    let input: UnsafePointer<Float>
    let output: UnsafePointer<Float>
    let outputGradient: UnsafePointer<Float>
    let inputGradient: UnsafeMutablePointer<Float>
    let relu: Bool
    let overwrites: Bool

    /// - Parameter output: what `MaxPooling` wrote, with the same `relu`.
    public init(shape: PoolingShape, images: Int, input: UnsafePointer<Float>, output: UnsafePointer<Float>,
                outputGradient: UnsafePointer<Float>, inputGradient: UnsafeMutablePointer<Float>, relu: Bool,
                overwrites: Bool = false) {
        self.overwrites = overwrites
        self.shape = shape
        self.images = images
        self.input = input
        self.output = output
        self.outputGradient = outputGradient
        self.inputGradient = inputGradient
        self.relu = relu
    }

    public var partCount: Int { images }

    public func run(part: Int) {
        shape.forEachWindow(image: part) { x, y in
            forEachVector(shape.channels, Route(shape: shape, input: input + x, output: output + y,
                                                outputGradient: outputGradient + y,
                                                inputGradient: inputGradient + x, relu: relu,
                                                overwrites: overwrites))
        }
    }

    private struct Route: VectorBody {
        let shape: PoolingShape
        let input: UnsafePointer<Float>
        let output: UnsafePointer<Float>
        let outputGradient: UnsafePointer<Float>
        let inputGradient: UnsafeMutablePointer<Float>
        let relu: Bool
        let overwrites: Bool

        @inline(__always)
        func apply<V: FloatVector>(_ type: V.Type, at offset: Int, lanes: Int) {
            let maximum = V(reading: output + offset)
            // What is left to hand out: all of dy until the window's maximum has been met, then nothing.
            var left = V(reading: outputGradient + offset)
            if relu { left = left.keeping(wherePositive: maximum) }
            for dy in 0 ..< shape.kernel.height {
                for dx in 0 ..< shape.kernel.width {
                    let position = dy &* shape.inputRowStep &+ dx &* shape.channels &+ offset
                    let value = V(reading: input + position)
                    let target = inputGradient + position
                    var sum = left.keeping(whereEqual: value, maximum)
                    if !overwrites { sum += V(reading: target) }
                    sum.write(to: target, first: lanes)
                    left = left.dropping(whereEqual: value, maximum)
                }
            }
        }
    }
}

/// y = mean over each window, counting `kernel height · kernel width` elements wherever it lies (padding counts as
/// zeros). One part an image.
public struct AveragePooling: ParallelWork {
    let shape: PoolingShape
    let images: Int
    let input: UnsafePointer<Float>
    let output: UnsafeMutablePointer<Float>

    public init(shape: PoolingShape, images: Int, input: UnsafePointer<Float>, output: UnsafeMutablePointer<Float>) {
        self.shape = shape
        self.images = images
        self.input = input
        self.output = output
    }

    public var partCount: Int { images }

    public func run(part: Int) {
        shape.forEachWindow(image: part) { x, y in
            forEachVector(shape.channels, Mean(shape: shape, input: input + x, output: output + y))
        }
    }

    private struct Mean: VectorBody {
        let shape: PoolingShape
        let input: UnsafePointer<Float>
        let output: UnsafeMutablePointer<Float>

        @inline(__always)
        func apply<V: FloatVector>(_ type: V.Type, at offset: Int, lanes: Int) {
            var sum = V()
            for dy in 0 ..< shape.kernel.height {
                let row = input + dy &* shape.inputRowStep + offset
                for dx in 0 ..< shape.kernel.width { sum += V(reading: row + dx &* shape.channels) }
            }
            (sum / V(repeating: Float(shape.kernel.height &* shape.kernel.width))).write(to: output + offset, first: lanes)
        }
    }
}

/// dx += dy / window size at every element of each window. One part an image.
public struct AveragePoolingGradient: ParallelWork {
    let shape: PoolingShape
    let images: Int
    let outputGradient: UnsafePointer<Float>
    let inputGradient: UnsafeMutablePointer<Float>

    public init(shape: PoolingShape, images: Int, outputGradient: UnsafePointer<Float>,
                inputGradient: UnsafeMutablePointer<Float>) {
        self.shape = shape
        self.images = images
        self.outputGradient = outputGradient
        self.inputGradient = inputGradient
    }

    public var partCount: Int { images }

    public func run(part: Int) {
        shape.forEachWindow(image: part) { x, y in
            forEachVector(shape.channels, Spread(shape: shape, outputGradient: outputGradient + y,
                                                 inputGradient: inputGradient + x))
        }
    }

    private struct Spread: VectorBody {
        let shape: PoolingShape
        let outputGradient: UnsafePointer<Float>
        let inputGradient: UnsafeMutablePointer<Float>

        @inline(__always)
        func apply<V: FloatVector>(_ type: V.Type, at offset: Int, lanes: Int) {
            let share = V(reading: outputGradient + offset)
                / V(repeating: Float(shape.kernel.height &* shape.kernel.width))
            for dy in 0 ..< shape.kernel.height {
                for dx in 0 ..< shape.kernel.width {
                    let target = inputGradient + (dy &* shape.inputRowStep &+ dx &* shape.channels &+ offset)
                    (V(reading: target) + share).write(to: target, first: lanes)
                }
            }
        }
    }
}
