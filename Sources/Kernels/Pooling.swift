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

/// One window of an image.
struct PoolingWindow {
    let shape: PoolingShape
    /// Its first float.
    let first: Int

    /// Calls `body` with the number and the first float of every element, row by row.
    @inline(__always)
    func forEachElement(_ body: (_ number: Int, _ element: Int) -> Void) {
        if shape.kernel == (2, 2) {  // by far the most common: without loops, it takes half the time
            body(0, first)
            body(1, first &+ shape.channels)
            body(2, first &+ shape.inputRowStep)
            body(3, first &+ shape.inputRowStep &+ shape.channels)
            return
        }
        var number = 0
        for dy in 0 ..< shape.kernel.height {
            for dx in 0 ..< shape.kernel.width {
                body(number, first &+ dy &* shape.inputRowStep &+ dx &* shape.channels)
                number &+= 1
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
    let winners: UnsafeMutablePointer<Float>?
    let relu: Bool

    /// - Parameter winners: laid out like the output; becomes the number, counted row by row, of each window's first
    ///   largest element, or -1 where `relu` cuts off. nil if no gradient will be asked for.
    public init(shape: PoolingShape, images: Int, input: UnsafePointer<Float>, output: UnsafeMutablePointer<Float>,
                winners: UnsafeMutablePointer<Float>?, relu: Bool) {
        self.shape = shape
        self.images = images
        self.input = input
        self.output = output
        self.winners = winners
        self.relu = relu
    }

    public var partCount: Int { images }

    /// The same for one image alone, read from `input`.
    func image(_ image: Int, from input: UnsafePointer<Float>) -> MaxPooling {
        let offset = image &* shape.outputImageStep
        return MaxPooling(shape: shape, images: 1, input: input, output: output + offset,
                          winners: winners.map { $0 + offset }, relu: relu)
    }

    public func run(part: Int) {
        shape.forEachWindow(image: part) { x, y in
            let window = PoolingWindow(shape: shape, first: x)
            if let winners {
                forEachVector(shape.channels, Winner(window: window, input: input, output: output + y,
                                                     winners: winners + y, relu: relu))
            } else {
                forEachVector(shape.channels, Maximum(window: window, input: input, output: output + y, relu: relu))
            }
        }
    }

    private struct Maximum: VectorBody {
        let window: PoolingWindow
        let input: UnsafePointer<Float>
        let output: UnsafeMutablePointer<Float>
        let relu: Bool

        @inline(__always)
        func apply<V: FloatVector>(_ type: V.Type, at offset: Int, lanes: Int) {
            var best = V(reading: input + (window.first &+ offset))
            window.forEachElement { _, element in best = best.maximum(V(reading: input + (element &+ offset))) }
            if relu { best.clampNegative() }
            best.write(to: output + offset, first: lanes)
        }
    }

    private struct Winner: VectorBody {
        let window: PoolingWindow
        let input: UnsafePointer<Float>
        let output: UnsafeMutablePointer<Float>
        let winners: UnsafeMutablePointer<Float>
        let relu: Bool

        @inline(__always)
        func apply<V: FloatVector>(_ type: V.Type, at offset: Int, lanes: Int) {
            var best = V(reading: input + (window.first &+ offset)), winner = V()
            window.forEachElement { number, element in
                let value = V(reading: input + (element &+ offset))
                winner = winner.replacing(with: V(repeating: Float(number)), where: value, isAbove: best)
                best = best.maximum(value)
            }
            if relu {
                winner = V(repeating: -1).replacing(with: winner, where: best, isAbove: V())
                best.clampNegative()
            }
            best.write(to: output + offset, first: lanes)
            winner.write(to: winners + offset, first: lanes)
        }
    }
}

/// dx += dy at the winner of each window. One part an image.
///
/// With `overwrites` the windows must not overlap: then dx = dy or 0 within them, and what lies outside all windows is
/// left as it is.
public struct MaxPoolingGradient: ParallelWork {
    let shape: PoolingShape
    let images: Int
    let winners: UnsafePointer<Float>
    let outputGradient: UnsafePointer<Float>
    let inputGradient: UnsafeMutablePointer<Float>
    let overwrites: Bool

    /// - Parameter winners: what `MaxPooling` wrote.
    public init(shape: PoolingShape, images: Int, winners: UnsafePointer<Float>, outputGradient: UnsafePointer<Float>,
                inputGradient: UnsafeMutablePointer<Float>, overwrites: Bool = false) {
        self.shape = shape
        self.images = images
        self.winners = winners
        self.outputGradient = outputGradient
        self.inputGradient = inputGradient
        self.overwrites = overwrites
    }

    public var partCount: Int { images }

    public func run(part: Int) {
        shape.forEachWindow(image: part) { x, y in
            forEachVector(shape.channels, Route(
                window: PoolingWindow(shape: shape, first: x), winners: winners + y, outputGradient: outputGradient + y,
                inputGradient: inputGradient, overwrites: overwrites))
        }
    }

    private struct Route: VectorBody {
        let window: PoolingWindow
        let winners: UnsafePointer<Float>
        let outputGradient: UnsafePointer<Float>
        let inputGradient: UnsafeMutablePointer<Float>
        let overwrites: Bool

        @inline(__always)
        func apply<V: FloatVector>(_ type: V.Type, at offset: Int, lanes: Int) {
            let winner = V(reading: winners + offset), dy = V(reading: outputGradient + offset)
            window.forEachElement { number, element in
                let target = inputGradient + (element &+ offset)
                var sum = dy.keeping(whereEqual: winner, V(repeating: Float(number)))
                if !overwrites { sum += V(reading: target) }
                sum.write(to: target, first: lanes)
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
