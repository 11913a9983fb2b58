import Kernels

/// LeNet's two max poolings with their ReLUs, over a batch.
let poolings = [("LeNet pool1, 2x2, 24x24x20", 24, 20), ("LeNet pool2, 2x2, 8x8x50", 8, 50)]

/// Prints a line for each direction: billions of bytes a second that must be read and written at least.
func measurePooling(_ name: String, side: Int, channels: Int, images: Int = 128) {
    let half = side / 2, pool = ThreadPool.shared
    let shape = PoolingShape(
        channels: channels, kernel: (2, 2), stride: (2, 2), rows: half, columns: half, inputRowStep: side * channels,
        inputImageStep: side * side * channels, outputRowStep: half * channels, outputImageStep: half * half * channels)
    let inputs = images * side * side * channels, outputs = inputs / 4
    let x = buffer(inputs), dx = buffer(inputs), y = buffer(outputs), dy = buffer(outputs), winners = buffer(outputs)
    func report(_ pass: String, floats: Int, _ body: () -> Void) {
        guard isWanted("\(name) \(pass)") else { return }
        let seconds = median(body)
        print(row(name, pass, "\(rounded(Double(floats) * 4 / seconds / 1e9)) GB/s", "", rounded(Double(floats) * 4 / 1e6),
                  milliseconds(seconds)))
    }
    report("forward", floats: inputs + 2 * outputs) {
        pool.run(MaxPooling(shape: shape, images: images, input: x, output: y, winners: winners, relu: true))
    }
    report("input gradient", floats: inputs + 2 * outputs) {
        pool.run(MaxPoolingGradient(shape: shape, images: images, winners: winners, outputGradient: dy,
                                    inputGradient: dx, overwrites: true))
    }
    for memory in [x, dx, y, dy, winners] { memory.deallocate() }
}
