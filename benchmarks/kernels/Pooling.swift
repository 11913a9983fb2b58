import Kernels

/// A max pooling with its ReLU over a batch, whose windows lie side by side or overlap.
struct PooledMaps {
    var name: String
    var images = 128
    /// Rows and columns of the input with its border, and of the output.
    var side, outputSide: Int
    var channels: Int
    /// Of the windows, along both axes.
    var kernel = 2
}

let poolings = [
    PooledMaps(name: "LeNet pool1, 2x2, 24x24x20", side: 24, outputSide: 12, channels: 20),
    PooledMaps(name: "LeNet pool2, 2x2, 8x8x50", side: 8, outputSide: 4, channels: 50),
    PooledMaps(name: "ResNet maxpool, 3x3, 112x112x64", images: 2, side: 114, outputSide: 56, channels: 64, kernel: 3),
]

/// Prints a line for each direction: billions of bytes a second that must be read and written at least.
func measurePooling(_ maps: PooledMaps) {
    let (name, images, side, half, channels) = (maps.name, maps.images, maps.side, maps.outputSide, maps.channels)
    let pool = ThreadPool.shared
    let shape = PoolingShape(
        channels: channels, kernel: (maps.kernel, maps.kernel), stride: (2, 2), rows: half, columns: half,
        inputRowStep: side * channels, inputImageStep: side * side * channels, outputRowStep: half * channels,
        outputImageStep: half * half * channels)
    let inputs = images * side * side * channels, outputs = images * half * half * channels
    let x = buffer(inputs), dx = buffer(inputs), y = buffer(outputs), dy = buffer(outputs), winners = buffer(outputs)
    reportBytes(name, "forward", floats: inputs + 2 * outputs) {
        pool.run(MaxPooling(shape: shape, images: images, input: x, output: y, winners: winners, relu: true))
    }
    reportBytes(name, "input gradient", floats: inputs + 2 * outputs) {
        pool.run(MaxPoolingGradient(shape: shape, images: images, winners: winners, outputGradient: dy,
                                    inputGradient: dx, overwrites: maps.kernel == 2))
    }
    for memory in [x, dx, y, dy, winners] { memory.deallocate() }
}

/// Prints a line for each direction of a mean over whole maps.
func measureGlobalPooling(side: Int, channels: Int, images: Int = 64) {
    let name = "global average pooling, \(side)x\(side)x\(channels)", count = side * side * channels
    let shape = PoolingShape(channels: channels, kernel: (side, side), stride: (side, side), rows: 1, columns: 1,
                             inputRowStep: side * channels, inputImageStep: count, outputRowStep: channels,
                             outputImageStep: channels)
    let x = buffer(images * count), y = buffer(images * channels), pool = ThreadPool.shared
    reportBytes(name, "forward", floats: images * (count + channels)) {
        pool.run(AveragePooling(shape: shape, images: images, input: x, output: y))
    }
    reportBytes(name, "input gradient", floats: images * (2 * count + channels)) {
        pool.run(AveragePoolingGradient(shape: shape, images: images, outputGradient: y, inputGradient: x))
    }
    x.deallocate()
    y.deallocate()
}

/// Prints a line for work that is bound by memory: billions of bytes a second that must be read and written at least.
func reportBytes(_ name: String, _ pass: String, floats: Int, _ body: () -> Void) {
    guard isWanted("\(name) \(pass)") else { return }
    let seconds = median(body)
    print(row(name, pass, "\(rounded(Double(floats) * 4 / seconds / 1e9)) GB/s", "", rounded(Double(floats) * 4 / 1e6),
              milliseconds(seconds)))
}
