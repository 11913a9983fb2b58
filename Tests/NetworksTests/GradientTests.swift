import Kernels
import Tensors
import Testing
@testable import Networks

/// A network to try: its architecture, and the shape of its images.
struct NetworkCase: Sendable, CustomTestStringConvertible {
    var name: String
    var text: String
    var shape: MapShape
    var images = 3

    var testDescription: String { name }

    func network(seed: UInt64 = 4) throws -> Network {
        let network = try Network(architecture: Architecture(text: text), imageShape: shape, seed: seed)
        // Normalisation that changes something from the start.
        for (index, parameter) in network.layout.parameters.enumerated() where text.contains("batchNormalisation") {
            guard parameter.shape.rank == 1 else { continue }
            let isSpread = parameter.name.hasSuffix("weight") || parameter.name.hasSuffix("var")
            let values = noise(parameter.shape.count, seed: UInt64(index)).map { isSpread ? 1 + $0 / 2 : $0 / 2 }
            try values.withUnsafeBufferPointer { try network.writeParameter(index, from: $0.baseAddress!) }
        }
        return network
    }

    /// All layer kinds, fused and alone, with borders and without, in odd sizes.
    static let all = [
        NetworkCase(name: "LeNet", text: try! Architecture.leNet(classes: 4).description,
                    shape: MapShape(height: 17, width: 16, channels: 1), images: 2),
        NetworkCase(name: "LeNet without pooling", text: try! Architecture.leNet(classes: 3, pool: 1).description,
                    shape: MapShape(height: 10, width: 11, channels: 3), images: 2),
        NetworkCase(name: "residual blocks", text: """
            stem = convolution(image, channels: 5, kernel: 3, padding: 1)
            first = convolution(stem, channels: 5, kernel: 3, padding: 1)
            relu1 = relu(first)
            second = convolution(relu1, channels: 5, kernel: 3, padding: 1, bias: false)
            sum = add(second, stem)
            relu2 = relu(sum)
            half = convolution(relu2, channels: 7, kernel: 3, stride: 2, padding: 1)
            short = convolution(relu2, channels: 7, kernel: 1, stride: 2, bias: false)
            sum2 = add(half, short, half)
            relu3 = relu(sum2)
            mean = globalAveragePooling(relu3)
            fc = linear(mean, features: 3)
            """, shape: MapShape(height: 7, width: 9, channels: 2)),
        NetworkCase(name: "strides, dilation and padding", text: """
            a = convolution(image, channels: 3, kernel: 3x2, stride: 1x2, padding: 2x1, dilation: 2x1, bias: false)
            pool = averagePooling(a, kernel: 3x2, stride: 2x1, padding: 1x0)
            relu = relu(pool)
            b = convolution(relu, channels: 4, kernel: 2, padding: 1)
            flat = flatten(b)
            fc = linear(flat, features: 5, bias: false)
            """, shape: MapShape(height: 9, width: 12, channels: 3)),
        NetworkCase(name: "padded max pooling, with its ReLU and alone", text: """
            a = convolution(image, channels: 6, kernel: 3, padding: 1)
            pool1 = maxPooling(a, kernel: 3, stride: 2, padding: 1)
            relu1 = relu(pool1)
            pool2 = maxPooling(relu1, kernel: 3x2, stride: 1, padding: 1x0)
            b = convolution(pool2, channels: 3, kernel: 2)
            pool3 = maxPooling(b, kernel: 2, stride: 1, padding: 1)
            flat = flatten(pool3)
            fc = linear(flat, features: 2)
            """, shape: MapShape(height: 8, width: 9, channels: 1)),
        NetworkCase(name: "dropout on maps and on features", text: """
            a = convolution(image, channels: 4, kernel: 3)
            relu1 = relu(a)
            drop1 = dropout(relu1, rate: 0.3)
            pool = maxPooling(drop1, kernel: 2)
            flat = flatten(pool)
            hidden = linear(flat, features: 9)
            drop2 = dropout(hidden, rate: 0.6)
            fc = linear(drop2, features: 3)
            """, shape: MapShape(height: 8, width: 7, channels: 2)),
        NetworkCase(name: "normalised residual blocks", text: """
            stem = convolution(image, channels: 5, kernel: 3, padding: 1, bias: false)
            bn0 = batchNormalisation(stem)
            relu0 = relu(bn0)
            conv1 = convolution(relu0, channels: 5, kernel: 3, padding: 1, bias: false)
            bn1 = batchNormalisation(conv1)
            relu1 = relu(bn1)
            conv2 = convolution(relu1, channels: 5, kernel: 3, padding: 1, bias: false)
            bn2 = batchNormalisation(conv2)
            sum = add(bn2, relu0)
            relu2 = relu(sum)
            half = convolution(relu2, channels: 9, kernel: 3, stride: 2, padding: 1, bias: false)
            bn3 = batchNormalisation(half)
            short = convolution(relu2, channels: 9, kernel: 1, stride: 2, bias: false)
            bn4 = batchNormalisation(short)
            sum2 = add(bn3, bn4)
            relu3 = relu(sum2)
            mean = globalAveragePooling(relu3)
            fc = linear(mean, features: 3)
            """, shape: MapShape(height: 7, width: 9, channels: 2)),
        NetworkCase(name: "normalisation of everything", text: """
            bn0 = batchNormalisation(image, epsilon: 0.01)
            a = convolution(bn0, channels: 6, kernel: 3, padding: 1)
            bn1 = batchNormalisation(a)
            relu1 = relu(bn1)
            pool = maxPooling(relu1, kernel: 2)
            bn2 = batchNormalisation(pool)
            twice = add(bn2, pool)
            bn3 = batchNormalisation(twice)
            same = add(bn3, twice)
            b = convolution(same, channels: 4, kernel: 3, padding: 2)
            flat = flatten(b)
            hidden = linear(flat, features: 7)
            bn4 = batchNormalisation(hidden)
            relu4 = relu(bn4)
            fc = linear(relu4, features: 3, bias: false)
            """, shape: MapShape(height: 6, width: 8, channels: 2), images: 5),
        NetworkCase(name: "a layer read by two, and features read again", text: """
            a = convolution(image, channels: 3, kernel: 3)
            relu = relu(a)
            left = maxPooling(relu, kernel: 2)
            right = averagePooling(relu, kernel: 2)
            sum = add(left, right)
            flat = flatten(sum)
            hidden = linear(flat, features: 6)
            relu2 = relu(hidden)
            twice = add(hidden, relu2)
            fc = linear(twice, features: 4)
            """, shape: MapShape(height: 6, width: 8, channels: 1)),
        NetworkCase(name: "padded max pooling whose windows leave an edge out", text: """
            a = convolution(image, channels: 8, kernel: 3, padding: 1)
            relu1 = relu(a)
            pool = maxPooling(relu1, kernel: 3, padding: 1)
            b = convolution(pool, channels: 8, kernel: 3, padding: 1)
            relu2 = relu(b)
            flat = flatten(relu2)
            fc = linear(flat, features: 3)
            """, shape: MapShape(height: 9, width: 9, channels: 1)),
    ]
}

/// Compiled plans against the plain network in Double, and against finite differences of it.
@Suite struct GradientTests {
    @Test(arguments: NetworkCase.all) func logitsAgree(_ given: NetworkCase) throws {
        let network = try given.network(), images = noiseImages(given.images, given.shape)
        let wanted = ReferenceNetwork(network).logits(ReferenceImages(images))
        expectClose(try network.logits(images).elements, wanted, relative: 1e-5)
    }

    /// The gradient of every parameter, by a step of SGD with momentum: its first velocity is the gradient.
    @Test(arguments: NetworkCase.all) func parameterGradientsAgree(_ given: NetworkCase) throws {
        let network = try given.network(), images = noiseImages(given.images, given.shape)
        // The loss is read in the order the trainer shuffled, so give every image the same label.
        let label = 1, seed: UInt64 = 11
        let plain = ReferenceNetwork(network, dropoutSeed: seed)
        let order = shuffled(given.images, seed: seed)
        let sorted = ReferenceImages(images).picking(order)
        let trainer = try Trainer(network: network, settings: TrainingSettings(
            loss: SquaredError(), optimiser: .sgd(momentum: 0.5, nesterov: false), learningRate: 1e-3,
            batchSize: given.images, seed: seed))
        try trainer.run(images, Tensor([Int32](repeating: Int32(label), count: given.images)), steps: 1)
        var gradient = [Float](repeating: 0, count: network.layout.count)
        gradient.withUnsafeMutableBufferPointer { trainer.read(.firstMoment, into: $0.baseAddress!) }

        var offset = 0
        for parameter in network.layout.parameters {
            let own = Array(gradient[offset ..< offset + parameter.shape.count])
            offset += parameter.shape.count
            let indices = spread(24, below: own.count)
            let wanted = centralDifferences(of: plain.parameters[parameter.name]!, at: indices) { values in
                var moved = plain
                moved.parameters[parameter.name] = values
                return squaredError(moved.logits(sorted), classes: network.classes, label: label)
            }
            expectSlopes(indices.map { own[$0] }, wanted, parameter.name)
        }
    }

    /// The gradient at every layer, as an explanation taps it, and the layer's activations.
    @Test(arguments: NetworkCase.all) func tappedGradientsAgree(_ given: NetworkCase) throws {
        let network = try given.network(), images = noiseImages(given.images, given.shape)
        let plain = ReferenceNetwork(network), source = ReferenceImages(images)
        let values = plain.run(source)
        // The scalar: Σ r · logits with fixed r.
        let factors = noise(given.images * network.classes, seed: 9)
        for layer in [Architecture.image] + network.architecture.layers.map(\.name) {
            let output = values[layer]!
            var activations = [Float](repeating: .nan, count: output.values.count)
            var gradient = activations
            try Images.with(images) { images in
                try network.explain(images, layers: [layer], seed: { _, gradient in
                    gradient.update(from: factors, count: factors.count)
                }, visit: { tap in
                    activations.withUnsafeMutableBufferPointer { tap.activations(of: layer, into: $0.baseAddress!) }
                    gradient.withUnsafeMutableBufferPointer { tap.gradient(of: layer, into: $0.baseAddress!) }
                })
            }
            expectClose(activations, output.values, relative: 1e-5, layer)
            let indices = spread(20, below: output.values.count)
            let wanted = centralDifferences(of: output.values, at: indices) { values in
                var moved = output
                moved.values = values
                return zip(plain.logits(source, replacing: [layer: moved]), factors).reduce(0) { $0 + $1.0 * Double($1.1) }
            }
            expectSlopes(indices.map { gradient[$0] }, wanted, layer)
        }
    }

    /// Several layers tapped in one pass give what each gives alone.
    @Test(arguments: [("LeNet", ["conv1", "relu1", "conv2", "pool2", "relu2", "fc1"]),
                      ("dropout on maps and on features", ["image", "drop1"])])
    func tapsTogetherAgreeWithTapsAlone(name: String, layers: [String]) throws {
        let given = NetworkCase.all.first { $0.name == name }!
        let network = try given.network(), images = noiseImages(5, given.shape)
        func gradients(_ layers: [String]) throws -> [[Float]] {
            try Images.with(images) { images in
                var results: [[Float]] = []
                try network.explain(images, layers: layers, seed: { tap, gradient in
                    for i in 0 ..< tap.count * network.classes { gradient[i] = Float(i % 3) }
                }, visit: { tap in
                    for layer in layers {
                        let shape = layer == Architecture.image ? given.shape : try network.shape(of: layer)
                        var values = [Float](repeating: 0, count: shape.count * tap.count)
                        values.withUnsafeMutableBufferPointer { tap.gradient(of: layer, into: $0.baseAddress!) }
                        results.append(values)
                    }
                })
                return results
            }
        }
        #expect(try gradients(layers) == layers.flatMap { try gradients([$0]) })
    }

    /// Where a window is 0 throughout, its gradient goes to a pixel, not into the padding, and is the ReLU's if that is asked for.
    @Test func paddingTakesNoGradient() throws {
        let network = try Network(architecture: Architecture(text: """
            a = convolution(image, channels: 2, kernel: 1, bias: false)
            relu = relu(a)
            pool = maxPooling(relu, kernel: 3, stride: 2, padding: 1)
            flat = flatten(pool)
            fc = linear(flat, features: 2)
            """), imageShape: MapShape(height: 6, width: 6, channels: 1), seed: 1)
        func sum(at layer: String) throws -> Float {
            var values = [Float](repeating: 0, count: try network.shape(of: layer).count)
            try Images.with(Tensor<Float>(shape: [1, 6, 6, 1])) { images in
                try network.explain(images, layers: [layer], seed: { _, gradient in gradient[0] = 1; gradient[1] = 0 }, visit: { tap in
                    values.withUnsafeMutableBufferPointer { tap.gradient(of: layer, into: $0.baseAddress!) }
                })
            }
            return values.reduce(0, +)
        }
        #expect(abs(try sum(at: "relu") - sum(at: "pool")) < 1e-6)
    }

    /// A batch larger than one pass, and one image at a time, give the same logits to the bit.
    @Test(arguments: [1, 2, 16, 17, 128, 129, 300]) func batchesOfAnySizeAgree(count: Int) throws {
        let given = NetworkCase.all[5], network = try given.network(), images = noiseImages(count, given.shape)
        let together = try network.logits(images).elements
        let size = given.shape.count
        for i in spread(5, below: count) {
            let one = Tensor<Float>(shape: [1, given.shape.height, given.shape.width, given.shape.channels],
                                    elements: Array(images.elements[i * size ..< (i + 1) * size]))
            #expect(try network.logits(one).elements == Array(together[i * network.classes ..< (i + 1) * network.classes]))
        }
    }

    // MARK: - Helpers

    /// Gradients against finite differences, of which at least a third must be away from kinks.
    private func expectSlopes(_ values: [Float], _ wanted: [Double?], _ what: String,
                              sourceLocation: SourceLocation = #_sourceLocation) {
        let smooth = zip(values, wanted).filter { $1 != nil }
        #expect(3 * smooth.count >= wanted.count, "\(what): \(smooth.count) of \(wanted.count)", sourceLocation: sourceLocation)
        expectClose(smooth.map(\.0), smooth.map { $0.1! }, relative: 4e-4, floor: 1e-4, what, sourceLocation: sourceLocation)
    }

    /// Mean of half the squared distances from one-hot labels, as `SquaredError` gives its gradient.
    private func squaredError(_ logits: [Double], classes: Int, label: Int) -> Double {
        var sum = 0.0
        for (i, logit) in logits.enumerated() {
            let difference = logit - (i % classes == label ? 1 : 0)
            sum += difference * difference / 2
        }
        return sum / Double(logits.count / classes)
    }

    /// The order in which the first epoch visits `count` images.
    private func shuffled(_ count: Int, seed: UInt64) -> [Int] {
        var order = [Int32](repeating: 0, count: count)
        order.withUnsafeMutableBufferPointer {
            Philox(seed: seed, purpose: .shuffle, index: 0).shuffle($0.baseAddress!, count: count)
        }
        return order.map(Int.init)
    }
}

extension ReferenceImages<Double> {
    /// The images of these numbers, in this order.
    fileprivate func picking(_ order: [Int]) -> Self {
        let size = height * width * channels
        return Self(count: count, height: height, width: width, channels: channels,
                    values: order.flatMap { values[$0 * size ..< ($0 + 1) * size] })
    }
}
