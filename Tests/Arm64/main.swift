// The arm64 kernels against their references: a small program, because neither Foundation nor a test library exists for
// the cross compiler. It ends with status 1 when a result is off.

/// A convolution: product, scatter and weight gradient, by direct sums and by minimal filtering where that applies.
struct Case {
    var images = 2, height = 7, width = 9, channels = 3, outputs = 5
    var kernel = 3
}

var failures = 0
var random = Philox(seed: 7, purpose: .weights)
var position: UInt64 = 0

func numbers(_ count: Int) -> [Double] {
    (0 ..< count).map { _ in
        position += 1
        return Double(2 * Philox.unit(random.block(position).x) - 1)
    }
}

func floats(_ count: Int) -> UnsafeMutablePointer<Float> { ThreadScratch.tiles.floats(count)! }

func memory(_ values: [Double]) -> UnsafeMutablePointer<Float> {
    let memory = floats(values.count)
    for (i, value) in values.enumerated() { memory[i] = Float(value) }
    return memory
}

func check(_ got: UnsafeMutablePointer<Float>, _ wanted: [Double], _ tolerance: Double, _ what: StaticString) {
    var worst = 0.0
    for (i, value) in wanted.enumerated() {
        let error = abs(Double(got[i]) - value) / max(1, abs(value))
        if !(error <= worst) { worst = error }
    }
    if !(worst <= tolerance) {
        print(what, terminator: " is off\n")
        failures += 1
    }
}

func check(_ shape: Case) {
    let pool = ThreadPool.shared, taps = (shape.kernel, shape.kernel)
    let window = ReferenceWindow(kernel: taps, stride: (1, 1), padding: (0, 0), dilation: (1, 1))
    let size = window.outputs(height: shape.height, width: shape.width)
    let rowStep = shape.width * shape.channels
    let geometry = WindowGeometry(rows: size.height, columns: size.width, channels: shape.channels, kernel: taps,
                                  stride: (1, 1), dilation: (1, 1), imageRowStep: rowStep,
                                  imageStep: rowStep * shape.height)
    let layer = WindowLayer(geometry: geometry, outputs: shape.outputs, outputColumnStep: shape.outputs,
                            outputRowStep: size.width * shape.outputs,
                            outputImageStep: size.height * size.width * shape.outputs)
    let input = ReferenceImages(count: shape.images, height: shape.height, width: shape.width, channels: shape.channels,
                                values: numbers(shape.images * shape.height * rowStep))
    let weights = numbers(layer.geometry.windowLength * shape.outputs), bias = numbers(shape.outputs)
    let dyImages = ReferenceImages(count: shape.images, height: size.height, width: size.width, channels: shape.outputs,
                                   values: numbers(shape.images * size.height * size.width * shape.outputs))
    let wanted = Reference.convolution(input, weights: weights, bias: bias, outputs: shape.outputs, window: window)
    let gradients = Reference.convolutionGradients(input, weights: weights, outputGradient: dyImages, window: window)
    let x = memory(input.values), w = memory(weights), b = memory(bias), dy = memory(dyImages.values)
    let y = memory(wanted.values.map { _ in 0 }), dx = memory(input.values.map { _ in 0 })
    let dw = memory(weights.map { _ in 0 }), db = memory(bias.map { _ in 0 })

    func compare(_ tolerance: Double) {
        check(y, wanted.values, tolerance, "output")
        check(dx, gradients.input.values, tolerance, "input gradient")
        check(dw, gradients.weights, tolerance, "weight gradient")
        check(db, gradients.bias, tolerance, "bias gradient")
    }

    let packed = floats(layer.productWeightCount), turned = floats(layer.scatterWeightCount)
    pool.run(ProductPacking(layer: layer, weights: w, packed: packed))
    pool.run(ScatterPacking(layer: layer, weights: w, packed: turned))
    pool.run(WindowProduct(layer: layer, images: shape.images, input: x, packed: packed, bias: b, output: y))
    pool.run(WindowScatter(layer: layer, images: shape.images, outputGradient: dy, packed: turned, inputGradient: dx))
    let packing = GradientPacking(layer: layer, images: shape.images, outputGradient: dy,
                                  packed: floats(layer.packedGradientCount(images: shape.images)))
    pool.run(packing)
    let gradient = WindowGradient(packing: packing, input: x, weightGradient: dw, biasGradient: db)
    pool.run(gradient)
    pool.run(WeightReduction(gradient: gradient))
    compare(5e-5)

    guard shape.kernel == 3 || shape.kernel == 5 else { return }
    let tiles = WinogradLayer(layer, kernel: shape.kernel)
    let points = floats(tiles.productWeightCount)
    pool.run(WinogradPacking(layer: tiles, weights: w, packed: points))
    pool.run(WinogradProduct(layer: tiles, images: shape.images, input: x, packed: points, bias: b, output: y))
    dx.update(repeating: 0, count: input.values.count)
    WinogradGradient(layer: tiles, images: shape.images, input: x, outputGradient: dy,
                     scratch: floats(tiles.gradientCount(ofWeights: true)),
                     toInput: .init(gradient: dx, packed: points), toWeights: .init(gradient: dw, bias: db)).run(on: pool)
    compare(2e-4)
}

var count = 0
for kernel in [1, 3, 4, 5] {
    for channels in [1, 3, 8, 20] {
        for outputs in [1, 4, 17, 50] {
            check(Case(channels: channels, outputs: outputs, kernel: kernel))
            count += 1
        }
    }
}
check(Case(images: 5, height: 12, width: 12, channels: 20, outputs: 50, kernel: 5))
check(Case(images: 3, height: 6, width: 9, channels: 100, outputs: 90, kernel: 3))
print(InstructionSet.name, terminator: ": ")
print(count + 2, terminator: " convolutions checked, results off: ")
print(failures)
if failures > 0 { fatalError() }
