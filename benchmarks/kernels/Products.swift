import Kernels

/// A convolution or linear layer over a batch.
struct Product {
    var name: String
    var images: Int
    /// Input with its border, and output.
    var height, width, channels: Int
    var kernel: Int
    var outputs: Int
    var isLinear = false
    var stride = 1
}

let products = [
    Product(name: "LeNet conv1, 5x5, 1 to 20 at 28x28", images: 128, height: 28, width: 28, channels: 1, kernel: 5, outputs: 20),
    Product(name: "LeNet conv2, 5x5, 20 to 50 at 12x12", images: 128, height: 12, width: 12, channels: 20, kernel: 5, outputs: 50),
    Product(name: "LeNet fc1, 800 to 500", images: 128, height: 1, width: 1, channels: 800, kernel: 1, outputs: 500, isLinear: true),
    Product(name: "LeNet fc2, 500 to 10", images: 128, height: 1, width: 1, channels: 500, kernel: 1, outputs: 10, isLinear: true),
    Product(name: "3x3, 64 to 64 at 32x32", images: 8, height: 34, width: 34, channels: 64, kernel: 3, outputs: 64),
    Product(name: "3x3, 128 to 128 at 16x16", images: 16, height: 18, width: 18, channels: 128, kernel: 3, outputs: 128),
    Product(name: "3x3, 256 to 256 at 8x8", images: 32, height: 10, width: 10, channels: 256, kernel: 3, outputs: 256),
    Product(name: "3x3, 512 to 512 at 4x4", images: 64, height: 6, width: 6, channels: 512, kernel: 3, outputs: 512),
    Product(name: "3x3, 3 to 64 at 32x32", images: 16, height: 34, width: 34, channels: 3, kernel: 3, outputs: 64),
    Product(name: "3x3, 64 to 128 at 32x32", images: 8, height: 34, width: 34, channels: 64, kernel: 3, outputs: 128),
    Product(name: "3x3 stride 2, 64 to 128 at 32x32", images: 16, height: 34, width: 34, channels: 64, kernel: 3, outputs: 128,
            stride: 2),
    Product(name: "3x3 stride 2, 128 to 256 at 16x16", images: 32, height: 18, width: 18, channels: 128, kernel: 3,
            outputs: 256, stride: 2),
    Product(name: "3x3 stride 2, 256 to 512 at 8x8", images: 64, height: 10, width: 10, channels: 256, kernel: 3, outputs: 512,
            stride: 2),
    Product(name: "1x1 stride 2, 64 to 128 at 32x32", images: 16, height: 32, width: 32, channels: 64, kernel: 1, outputs: 128,
            stride: 2),
    Product(name: "1x1 stride 2, 128 to 256 at 16x16", images: 32, height: 16, width: 16, channels: 128, kernel: 1,
            outputs: 256, stride: 2),
    Product(name: "1x1 stride 2, 256 to 512 at 8x8", images: 64, height: 8, width: 8, channels: 256, kernel: 1, outputs: 512,
            stride: 2),
    Product(name: "7x7 stride 2, 3 to 64 at 224x224", images: 2, height: 230, width: 230, channels: 3, kernel: 7, outputs: 64,
            stride: 2),
]

extension Product {
    var rows: Int { (height - kernel) / stride + 1 }
    var columns: Int { (width - kernel) / stride + 1 }
    var inputCount: Int { images * height * width * channels }
    var outputCount: Int { images * rows * columns * outputs }
    var weightCount: Int { kernel * kernel * channels * outputs }
    var operations: Double { 2 * Double(images * rows * columns) * Double(weightCount) }

    var layer: WindowLayer {
        if isLinear {
            return WindowLayer(geometry: WindowGeometry(linearInputs: channels, images: images), outputs: outputs,
                               outputColumnStep: outputs, outputRowStep: 0, outputImageStep: 0)
        }
        let geometry = WindowGeometry(rows: rows, columns: columns, channels: channels, kernel: (kernel, kernel),
                                      stride: (stride, stride), dilation: (1, 1), imageRowStep: width * channels,
                                      imageStep: height * width * channels)
        return WindowLayer(geometry: geometry, outputs: outputs, outputColumnStep: outputs,
                           outputRowStep: columns * outputs, outputImageStep: rows * columns * outputs)
    }
}

/// Prints a line for each of the three passes.
func measure(_ product: Product, limit: Double) {
    let layer = product.layer, pool = ThreadPool.shared, images = product.isLinear ? 1 : product.images
    let x = buffer(product.inputCount), w = buffer(product.weightCount), y = buffer(product.outputCount)
    let bias = buffer(product.outputs), gradient = buffer(product.weightCount)
    let packed = buffer(layer.productWeightCount), packedForScatter = buffer(layer.scatterWeightCount)
    pool.run(ProductPacking(layer: layer, weights: w, packed: packed))
    pool.run(ScatterPacking(layer: layer, weights: w, packed: packedForScatter))
    func report(_ pass: String, floats: Int, _ body: () -> Void) {
        guard isWanted("\(product.name) \(pass)") else { return }
        let seconds = median(body), speed = product.operations / seconds / 1e9
        print(row(product.name, pass, rounded(speed), "\(Int((100 * speed / limit).rounded()))%",
                  rounded(Double(floats) * 4 / 1e6), milliseconds(seconds)))
    }
    let all = product.inputCount + product.weightCount + product.outputCount
    report("forward", floats: all) {
        pool.run(WindowProduct(layer: layer, images: images, input: x, packed: packed, bias: bias, output: y, relu: true))
    }
    report("input gradient", floats: all + product.inputCount) {
        pool.run(WindowScatter(layer: layer, images: images, outputGradient: y, packed: packedForScatter, inputGradient: x))
    }
    let panels = buffer(layer.packedGradientCount(images: images))
    report("weight gradient", floats: all) {
        let packing = GradientPacking(layer: layer, images: images, outputGradient: y, packed: panels)
        pool.run(packing)
        let work = WindowGradient(packing: packing, input: x, weightGradient: gradient, biasGradient: bias)
        pool.run(work)
        pool.run(WeightReduction(gradient: work))
    }
    for memory in [x, w, y, bias, gradient, packed, packedForScatter, panels] { memory.deallocate() }
}

/// Aligned memory with small numbers, and room to read past its end.
func buffer(_ count: Int) -> UnsafeMutablePointer<Float> {
    let bytes = count * 4 + Buffers.slack
    let memory = UnsafeMutableRawPointer.allocate(byteCount: bytes, alignment: Buffers.alignment)
    let floats = memory.bindMemory(to: Float.self, capacity: bytes / 4)
    for i in 0 ..< bytes / 4 { floats[i] = Float(i % 7) * 0.01 - 0.03 }
    return floats
}
