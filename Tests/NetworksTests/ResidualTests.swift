import Kernels
import Tensors
import Testing
@testable import Networks

@Suite struct ResidualTests {
    private let small = MapShape(height: 32, width: 32, channels: 3)

    /// Trained numbers, as torchvision's models have them; its stem for large images has 7·7 - 3·3 more taps.
    @Test(arguments: [("resnet18", 11_173_962), ("resnet34", 21_282_122), ("resnet18-imagenet", 11_181_642),
                      ("resnet34-imagenet", 21_289_802)])
    func namedNetworksHaveTheirSize(name: String, trained: Int) throws {
        let network = try Network(architecture: .named(name, classes: 10), imageShape: small, seed: 0)
        #expect(network.layout.parameters.reduce(0) { $0 + ($1.isTrained ? $1.shape.count : 0) } == trained)
        let side = name.hasSuffix("imagenet") ? 1 : 4
        #expect(try network.shape(of: "layer4.1.relu2") == MapShape(height: side, width: side, channels: 512))
    }

    /// ±1/√inputs where batch normalisation follows, after pooling too, and at the end; ±√(6 / inputs) elsewhere.
    @Test func weightsStartSmallWhereScaleDoesNotMatter() throws {
        let text = """
            a = convolution(image, channels: 32, kernel: 3x5)
            pool = maxPooling(a, kernel: 2)
            mean = averagePooling(pool, kernel: 2)
            bn = batchNormalisation(mean)
            b = convolution(bn, channels: 64, kernel: 3)
            relu = relu(b)
            all = globalAveragePooling(relu)
            hidden = linear(all, features: 40)
            fc = linear(hidden, features: 50)
            """
        let network = try Network(architecture: Architecture(text: text), imageShape: small, seed: 3)
        for (layer, bound) in [("a", 1 / 45.0), ("b", 6 / 288.0), ("hidden", 6 / 64.0), ("fc", 1 / 40.0)] {
            let index = try #require(network.layout.parameters.firstIndex { $0.name == "\(layer).weight" })
            let sizes = network.parameter(index).elements.map { abs(Double($0)) }, bound = bound.squareRoot()
            #expect(sizes.max()! <= bound && sizes.max()! > 0.99 * bound, "\(layer)")
            #expect(abs(sizes.reduce(0, +) / Double(sizes.count) / bound - 0.5) < 0.04, "\(layer)")
        }
    }

    @Test func aBatchOfOneNeedsPixels() throws {
        let text = """
            a = convolution(image, channels: 4, kernel: 3, bias: false)
            bn = batchNormalisation(a)
            mean = globalAveragePooling(bn)
            fc = linear(mean, features: 2)
            """
        for (side, refused) in [(3, true), (4, false)] {
            let shape = MapShape(height: side, width: side, channels: 1)
            let network = try Network(architecture: Architecture(text: text), imageShape: shape, seed: 1)
            for (images, size) in [(5, 2), (5, 1), (1, 4)] {
                let trainer = try Trainer(network: network, settings: TrainingSettings(loss: SquaredError(), batchSize: size))
                func train() throws { try trainer.run(noiseImages(images, shape), cyclicLabels(images, classes: 2), steps: 1) }
                if refused {
                    let error = #expect(throws: NetworkError.self) { try train() }
                    let told = try #require(error).description
                    #expect(told.contains("'bn'") && told.contains("\(images) image\(images == 1 ? "" : "s") in batches of \(size)"))
                    #expect(trainer.progress.step == 0)
                } else {
                    try train()
                }
            }
            let trainer = try Trainer(network: network, settings: TrainingSettings(loss: SquaredError(), batchSize: 3))
            try trainer.run(noiseImages(6, shape), cyclicLabels(6, classes: 2), steps: 2)
        }
    }

    /// Pooling windows that leave a row out, which must not keep what memory held before.
    @Test func memoryThatIsHandedOnLeavesNoTrace() throws {
        let text = """
            a = convolution(image, channels: 8, kernel: 3, padding: 1)
            pool = maxPooling(a, kernel: 2)
            b = convolution(pool, channels: 8, kernel: 3, padding: 1)
            relu = relu(b)
            c = convolution(relu, channels: 8, kernel: 3, padding: 1)
            flat = flatten(c)
            fc = linear(flat, features: 3)
            """
        let shape = MapShape(height: 9, width: 7, channels: 2)
        func gradients(after steps: Int) throws -> [Float] {
            let network = try Network(architecture: Architecture(text: text), imageShape: shape, seed: 5)
            let trainer = try Trainer(network: network, settings: TrainingSettings(
                loss: SquaredError(), optimiser: .sgd(momentum: 0, nesterov: false), learningRate: 1e-30, batchSize: 20))
            // The same batch each time, but for its order: the gradient must not drift.
            try trainer.run(noiseImages(20, shape), Tensor([Int32](repeating: 1, count: 20)), steps: steps)
            var values = [Float](repeating: 0, count: network.layout.count)
            values.withUnsafeMutableBufferPointer { trainer.read(.firstMoment, into: $0.baseAddress!) }
            return values
        }
        let first = try gradients(after: 1), later = try gradients(after: 4)
        let scale = first.map { abs($0) }.max()!
        #expect(zip(first, later).allSatisfy { abs($0 - $1) <= 1e-5 * scale })
    }

    @Test(arguments: [(1, 1, true), (16, 16, false)])
    func imagesTooSmallAreRefusedByLayer(height: Int, width: Int, refused: Bool) throws {
        let architecture = try Architecture(text: """
            a = convolution(image, channels: 4, kernel: 3, stride: 2)
            b = convolution(a, channels: 4, kernel: 3, stride: 2)
            mean = globalAveragePooling(b)
            fc = linear(mean, features: 2)
            """)
        let shape = MapShape(height: height, width: width, channels: 1)
        if refused {
            let error = #expect(throws: NetworkError.self) { try architecture.shapes(image: shape) }
            #expect(try #require(error).description.contains("'a'"))
        } else {
            #expect(try architecture.classes(image: shape) == 2)
        }
    }
}
