@testable import Explanations
import Evidential
import Kernels
import Networks
import Tensors
import Testing

private let shape = MapShape(height: 9, width: 11, channels: 2)

private func network() throws -> Network {
    let architecture = try Architecture(sequence: [
        ("conv", .convolution(channels: 5, kernel: Size(3), padding: Size(1))), ("relu", .relu),
        ("flatten", .flatten), ("fc", .linear(features: 3)),
    ])
    return try Network(architecture: architecture, imageShape: shape, seed: 4)
}

private func images(_ count: Int) -> Tensor<Float> {
    let random = Philox(seed: 8, purpose: .weights)
    return Tensor(shape: [count, 9, 11, 2],
                  elements: (0 ..< count * shape.count).map { Philox.unit(random.block(UInt64($0)).x) })
}

@Suite("Perturbations")
struct PerturbationTests {
    @Test("masks are smooth, cover evenly, and are drawn by number", arguments: [(9, 11, 3), (28, 28, 7), (5, 8, 5), (4, 4, 1)])
    func masks(height: Int, width: Int, grid: Int) {
        let masks = RISE.Masks(RISE(grid: grid, keep: 0.3, seed: 5), height: height, width: width)
        let count = 2000, step = masks.step
        var drawn = [Float](repeating: -1, count: count * step)
        masks.draw(0 ..< count, into: &drawn)
        #expect(drawn.allSatisfy { $0 >= 0 && $0 <= 1 })
        for pixel in 0 ..< height * width {
            let mean = (0 ..< count).reduce(0.0) { $0 + Double(drawn[$1 * step + pixel]) } / Double(count)
            #expect(abs(mean - 0.3) < 5 * (0.21 / Double(count)).squareRoot(), "pixel \(pixel)")
        }
        #expect((0 ..< count).allSatisfy { drawn[$0 * step + step - 1] == 1 })
        var later = [Float](repeating: -1, count: 3 * step)
        masks.draw(1000 ..< 1003, into: &later)
        #expect(later == Array(drawn[(1000 * step) ..< 1003 * step]))
    }

    @Test("every place of the cut comes as often", arguments: [1, 2, 3, 7, 8])
    func cut(bound: Int) {
        let random = Philox(seed: 1, purpose: .masks)
        var counts = [Int](repeating: 0, count: bound)
        for i in 0 ..< 8000 { counts[RISE.Masks.below(bound, random.block(UInt64(i)).x)] += 1 }
        let expected = 8000.0 / Double(bound)
        #expect(counts.allSatisfy { abs(Double($0) - expected) < 5 * expected.squareRoot() })
    }

    /// All quantities, through the network to the pixels, against central differences of the values.
    @Test("pixel gradients", arguments: [
        Quantity.logit, .softmax, .evidence(.softplus), .belief(.softplus), .probability(.exponential()),
        .uncertainty(.softplus), .dissonance(.softplus), .strength(.exponential()),
    ])
    func pixelGradients(quantity: Quantity) throws {
        let network = try network(), picture = images(1)
        var gradient = [Float](repeating: 0, count: 9 * 11)
        let method = SmoothGrad(samples: 1, noise: 0)
        try Images.with(picture) {
            try network.explain($0, by: method, target: Target(quantity, of: .given([1])), into: PerturbationMaps(maps: &gradient))
        }
        func value(_ pixel: Int, _ step: Float) throws -> Double {
            var changed = picture.elements
            changed[2 * pixel] += step
            changed[2 * pixel + 1] += step
            let logits = try network.logits(Tensor(shape: [1, 9, 11, 2], elements: changed)).elements
            return quantity.evaluate(logits, classes: 3, label: 1)
        }
        let largest = Double(gradient.map(abs).max()!)
        var agreeing = 0
        for pixel in 0 ..< 99 {
            let slope = (try value(pixel, 0x1p-7) - value(pixel, -0x1p-7)) / 0x1p-6
            if abs(slope - Double(gradient[pixel])) <= 0.02 * largest { agreeing += 1 }
        }
        // A step may cross the kink of a ReLU.
        #expect(agreeing >= 90)
    }

    @Test("integrated gradients of a linear network are exact with one step")
    func linear() throws {
        let architecture = try Architecture(sequence: [("flatten", .flatten), ("fc", .linear(features: 3))])
        let network = try Network(architecture: architecture, imageShape: shape, seed: 4), pictures = images(3)
        var maps = [Float](repeating: 0, count: 3 * 99)
        try Images.with(pictures) {
            try network.explain($0, by: IntegratedGradients(steps: 1), target: .classes([0, 1, 2]), into: PerturbationMaps(maps: &maps))
        }
        let logits = try network.logits(pictures).elements
        let bias = network.parameter(1).elements
        for image in 0 ..< 3 {
            let sum = maps[(image * 99) ..< (image + 1) * 99].reduce(0, +)
            #expect(abs(sum - (logits[4 * image] - bias[image])) < 1e-4)
        }
    }

    @Test("patches cover every pixel up to the far edge", arguments: [(1, 1), (3, 2), (4, 4), (20, 5)])
    func patches(patch: Int, stride: Int) throws {
        let method = Occlusion(patch: Size(patch), stride: Size(stride)), network = try network()
        var maps = [Float](repeating: 0, count: 99)
        try Images.with(images(1)) {
            try network.explain($0, by: method, target: .predicted, into: PerturbationMaps(maps: &maps))
        }
        #expect(maps.allSatisfy { $0 != 0 })
    }

    @Test("classes that are too few or do not exist are refused")
    func targets() throws {
        let network = try network()
        for labels in [[0], [0, 3], [0, -1], [0, 1, 2]] {
            #expect(throws: NetworkError.self) {
                try Images.with(images(2)) {
                    try PerturbedBatch(network: network, images: $0, target: .classes(labels))
                }
            }
        }
    }
}
