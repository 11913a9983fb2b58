import Testing
@testable import Kernels

/// A convolution's or linear layer's extents.
struct WindowCase: CustomTestStringConvertible, Sendable {
    var images = 2, height = 7, width = 9, channels = 3, outputs = 5
    var kernel = (3, 3), stride = (1, 1), padding = (0, 0), dilation = (1, 1)

    var testDescription: String {
        "\(images)x\(height)x\(width)x\(channels) -> \(outputs), kernel \(kernel), stride \(stride), padding \(padding), "
            + "dilation \(dilation)"
    }

    var window: ReferenceWindow {
        ReferenceWindow(kernel: kernel, stride: stride, padding: padding, dilation: dilation)
    }
}

private let cases: [WindowCase] = {
    var cases: [WindowCase] = []
    for channels in [1, 2, 3, 16, 20] { cases.append(WindowCase(channels: channels, outputs: 17)) }
    for outputs in [1, 2, 4, 5, 8, 9, 15, 16, 17, 20, 24, 31, 32, 33, 40, 47, 48, 49, 50, 64, 100] {
        cases.append(WindowCase(outputs: outputs))
    }
    for width in 3 ... 20 { cases.append(WindowCase(height: 3, width: width, outputs: 20)) }
    for images in [1, 3, 5, 40] { cases.append(WindowCase(images: images, height: 5, width: 5)) }
    for kernel in [(1, 1), (5, 5), (1, 4), (2, 3)] { cases.append(WindowCase(outputs: 18, kernel: kernel)) }
    for stride in [(2, 2), (1, 3), (4, 2)] { cases.append(WindowCase(height: 11, width: 12, stride: stride)) }
    for padding in [(1, 1), (2, 0), (0, 3)] { cases.append(WindowCase(channels: 4, kernel: (3, 5), padding: padding)) }
    for dilation in [(2, 2), (1, 2), (3, 1)] {
        cases.append(WindowCase(height: 9, width: 10, channels: 5, padding: (1, 2), dilation: dilation))
    }
    cases.append(WindowCase(images: 3, height: 12, width: 12, channels: 20, outputs: 50, kernel: (5, 5)))
    // Blocks of the weight gradient: of several images, the last of fewer; and of a part of one image.
    cases.append(WindowCase(images: 90, height: 18, width: 18, channels: 20, outputs: 3, kernel: (3, 3), stride: (3, 3)))
    cases.append(WindowCase(images: 3, height: 19, width: 31, channels: 2, outputs: 25, kernel: (2, 3)))
    // Pairs of short rows, and one left over; divided by rows, and by panels.
    for width in 3 ... 18 { cases.append(WindowCase(images: 3, width: width, outputs: 50)) }
    for width in 3 ... 10 { cases.append(WindowCase(images: 1, height: 5, width: width, channels: 64, outputs: 130)) }
    // Tiles across images, and what is left of them.
    for images in 6 ... 9 { cases.append(WindowCase(images: 8 * images, height: 4, width: 5, channels: 3, outputs: 26)) }
    return cases
}()

@Suite(.serialized) struct WindowTests {
    @Test(arguments: cases) func convolutionsAgreeWithTheReference(shape: WindowCase) {
        checkWindows(WindowFixture(convolution: shape))
    }

    @Test(arguments: [(1, 1, 2), (1, 800, 500), (2, 7, 3), (3, 100, 10), (4, 33, 17), (7, 20, 48), (8, 64, 50), (9, 50, 33),
                      (17, 19, 70), (128, 40, 10)])
    func linearLayersAgreeWithTheReference(images: Int, inputs: Int, outputs: Int) {
        checkWindows(WindowFixture(linear: images, inputs: inputs, outputs: outputs))
    }
}

/// A layer in engine memory beside its reference. Slack and guards hold NaN: reading them into a result would show.
final class WindowFixture {
    let layer: WindowLayer
    let images: Int
    let reference: ReferenceWindow
    let input: ReferenceImages<Double>
    let weights: [Double]
    let bias: [Double]
    let outputGradient: ReferenceImages<Double>
    /// Floats from the memory's first to the first window.
    let border: Int
    let rowStep: Int
    let imageStep: Int
    let padding: (Int, Int)

    init(convolution shape: WindowCase) {
        let random = Numbers(seed: 5)
        images = shape.images
        reference = shape.window
        padding = shape.padding
        input = random.images(shape.images, shape.height, shape.width, shape.channels)
        let size = reference.outputs(height: shape.height, width: shape.width)
        weights = random.values(shape.kernel.0 * shape.kernel.1 * shape.channels * shape.outputs)
        bias = random.values(shape.outputs)
        outputGradient = random.images(shape.images, size.height, size.width, shape.outputs)
        rowStep = (shape.width + 2 * shape.padding.1) * shape.channels
        imageStep = rowStep * (shape.height + 2 * shape.padding.0)
        border = shape.padding.0 * rowStep + shape.padding.1 * shape.channels
        let geometry = WindowGeometry(
            rows: size.height, columns: size.width, channels: shape.channels, kernel: shape.kernel, stride: shape.stride,
            dilation: shape.dilation, imageRowStep: rowStep, imageStep: imageStep)
        layer = WindowLayer(geometry: geometry, outputs: shape.outputs, outputColumnStep: shape.outputs,
                            outputRowStep: size.width * shape.outputs,
                            outputImageStep: size.height * size.width * shape.outputs)
    }

    init(linear count: Int, inputs: Int, outputs: Int) {
        let random = Numbers(seed: 6)
        images = 1
        reference = ReferenceWindow(kernel: (1, 1))
        padding = (0, 0)
        input = random.images(count, 1, 1, inputs)
        weights = random.values(inputs * outputs)
        bias = random.values(outputs)
        outputGradient = random.images(count, 1, 1, outputs)
        rowStep = inputs
        imageStep = inputs
        border = 0
        // Made for more images than there are, as in the last batch of an epoch.
        layer = WindowLayer(geometry: WindowGeometry(linearInputs: inputs, images: count + 3), outputs: outputs,
                            outputColumnStep: outputs, outputRowStep: 0, outputImageStep: 0).columns(count)
    }

    /// The input with its border of zeros.
    func framedInput() -> Memory {
        let memory = Memory(count: input.count * imageStep)
        memory.base.update(repeating: 0, count: memory.count)
        forEachInput { memory.base[$0] = Float(input.values[$1]) }
        return memory
    }

    /// Calls `body` with the place in framed memory and the index in `input.values` of every element.
    func forEachInput(_ body: (Int, Int) -> Void) {
        var index = 0
        for n in 0 ..< input.count {
            for y in 0 ..< input.height {
                for x in 0 ..< input.width * input.channels {
                    body(n * imageStep + border + y * rowStep + x, index)
                    index += 1
                }
            }
        }
    }
}

/// Product, scatter and gradient against the reference, and the same bits for 1, 2, 3 and 8 threads.
///
/// - Parameters:
///   - allowance: factor on the error that direct sums may have.
///   - run: gives [output, rectified output, input gradient (framed), weight gradient, bias gradient].
func checkWindows(_ fixture: WindowFixture, allowance: Double = 1, run: (WindowFixture) -> [[Float]] = runWindows) {
    let before = ThreadPool.shared.threadCount
    defer { ThreadPool.shared.threadCount = before }
    var first: [[Float]]?
    for threads in [1, 2, 3, 8] {
        ThreadPool.shared.threadCount = threads
        let results = run(fixture)
        if let first {
            #expect(results == first, "another number of threads")
        } else {
            first = results
            compare(results, with: fixture, allowance: allowance)
        }
    }
}

private func runWindows(_ f: WindowFixture) -> [[Float]] {
    let pool = ThreadPool.shared
    let x = f.framedInput(), w = Memory(f.weights), b = Memory(f.bias), dy = Memory(f.outputGradient.values)
    let packed = Memory(count: f.layer.productWeightCount), transposed = Memory(count: f.layer.scatterWeightCount)
    pool.run(ProductPacking(layer: f.layer, weights: w.base, packed: packed.base))
    pool.run(ScatterPacking(layer: f.layer, weights: w.base, packed: transposed.base))
    let y = Memory(count: dy.count), rectified = Memory(count: dy.count)
    pool.run(WindowProduct(layer: f.layer, images: f.images, input: x.base, packed: packed.base, bias: b.base, output: y.base))
    pool.run(WindowProduct(layer: f.layer, images: f.images, input: x.base, packed: packed.base, bias: nil,
                           output: rectified.base, relu: true))
    let dx = Memory(count: x.count)
    dx.base.update(repeating: 1, count: dx.count) // scatter adds
    pool.run(WindowScatter(layer: f.layer, images: f.images, outputGradient: dy.base, packed: transposed.base,
                           inputGradient: dx.base))
    let dw = Memory(count: w.count), db = Memory(count: b.count)
    let panels = Memory(count: f.layer.packedGradientCount(images: f.images))
    let packing = GradientPacking(layer: f.layer, images: f.images, outputGradient: dy.base, packed: panels.base)
    pool.run(packing)
    let gradient = WindowGradient(packing: packing, input: x.base, weightGradient: dw.base, biasGradient: db.base)
    pool.run(gradient)
    pool.run(WeightReduction(gradient: gradient))
    let unbiased = Memory(count: w.count)
    let alone = WindowGradient(packing: packing, input: x.base, weightGradient: unbiased.base, biasGradient: nil)
    pool.run(alone)
    pool.run(WeightReduction(gradient: alone))
    #expect(unbiased.values == dw.values)
    for memory in [y, rectified, dx, dw, db, panels] { #expect(memory.guardIsIntact) }
    return [y, rectified, dx, dw, db].map(\.values)
}

private func compare(_ results: [[Float]], with f: WindowFixture, allowance: Double) {
    func check(_ got: [Float], _ wanted: [Double], terms: Int, _ what: Comment) {
        expectClose(got, wanted, terms: terms, allowance: allowance, what)
    }
    let outputs = f.layer.outputs
    let y = Reference.convolution(f.input, weights: f.weights, bias: f.bias, outputs: outputs, window: f.reference)
    let plain = Reference.convolution(f.input, weights: f.weights, bias: nil, outputs: outputs, window: f.reference)
    let gradients = Reference.convolutionGradients(f.input, weights: f.weights, outputGradient: f.outputGradient,
                                                   window: f.reference)
    check(results[0], y.values, terms: f.layer.geometry.windowLength, "output")
    check(results[1], plain.values.map { max($0, 0) }, terms: f.layer.geometry.windowLength, "rectified output")
    var dx: [Float] = []
    f.forEachInput { place, _ in dx.append(results[2][place]) }
    check(dx, gradients.input.values.map { $0 + 1 }, terms: f.reference.kernel.height * f.reference.kernel.width * outputs,
          "input gradient")
    let windows = f.outputGradient.values.count / outputs
    check(results[3], gradients.weights, terms: windows, "weight gradient")
    check(results[4], gradients.bias, terms: windows, "bias gradient")
}
