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

private func explain(_ network: Network, _ images: Tensor<Float>, by method: some Perturbation, target: Target,
                     into maps: inout [Float]) throws {
    try Images.with(images) { images in
        try maps.withUnsafeMutableBufferPointer {
            try network.explain(images, by: method, target: target, into: PerturbationMaps(maps: $0.baseAddress!))
        }
    }
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
        try explain(network, picture, by: method, target: Target(quantity, of: .given([1])), into: &gradient)
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
        try explain(network, pictures, by: IntegratedGradients(steps: 1), target: .classes([0, 1, 2]), into: &maps)
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
        try explain(network, images(1), by: method, target: .predicted, into: &maps)
        #expect(maps.allSatisfy { $0 != 0 })
    }

    /// Per pixel the mean, over the patches that cover it, of how much the target falls.
    @Test("occlusion by the definition", arguments: [(1, 1), (3, 2), (4, 4), (20, 5)])
    func occlusion(patch: Int, stride: Int) throws {
        let network = try network(), picture = images(1).elements
        var maps = [Float](repeating: 0, count: 99)
        try explain(network, images(1), by: Occlusion(patch: Size(patch), stride: Size(stride)), target: .classes([1]), into: &maps)
        func value(_ pixels: [Float]) throws -> Double {
            Double(try network.logits(Tensor(shape: [1, 9, 11, 2], elements: pixels)).elements[1])
        }
        func starts(_ extent: Int) -> [Int] { (0 ... (max(extent - patch, 0) + stride - 1) / stride).map { $0 * stride } }
        let whole = try value(picture)
        var sums = [Double](repeating: 0, count: 99), covers = sums
        for top in starts(9) {
            for left in starts(11) {
                let rows = top ..< top + patch, columns = left ..< left + patch
                let covered = (0 ..< 99).filter { rows.contains($0 / 11) && columns.contains($0 % 11) }
                var changed = picture
                for place in covered { (changed[2 * place], changed[2 * place + 1]) = (0, 0) }
                let fall = whole - (try value(changed))
                for place in covered { (sums[place], covers[place]) = (sums[place] + fall, covers[place] + 1) }
            }
        }
        for place in 0 ..< 99 { #expect(abs(Double(maps[place]) - sums[place] / max(1, covers[place])) < 1e-5) }
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
