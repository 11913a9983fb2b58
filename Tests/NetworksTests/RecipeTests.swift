import Kernels
import Tensors
import Testing
@testable import Networks

/// What a recipe adds to plain steps: decay that spares, averages, augmentation, normalisation.
@Suite(.serialized) struct RecipeTests {
    private let shape = MapShape(height: 16, width: 17, channels: 2)
    private var data: (Tensor<Float>, Tensor<Int32>) { (noiseImages(50, shape), cyclicLabels(50, classes: 5)) }

    private func makeTrainer(_ optimiser: Optimiser = .adam(), decay: Float = 0, decaysVectors: Bool = true,
                             averageDecay: Float = 0, augmentation: Augmentation = Augmentation(), batchSize: Int = 16,
                             seed: UInt64 = 3) throws -> Trainer {
        let network = try Network(architecture: .leNet(classes: 5), imageShape: shape, seed: 7)
        try network.setNormalisation(Normalisation(mean: [0.1, -0.2], deviation: [0.5, 0.6]))
        return try Trainer(network: network, settings: TrainingSettings(
            loss: SquaredError(), optimiser: optimiser, learningRate: 1e-3, weightDecay: decay, decaysVectors: decaysVectors,
            batchSize: batchSize, averageDecay: averageDecay, augmentation: augmentation, seed: seed))
    }

    private func read(_ trainer: Trainer, _ state: Trainer.State) -> [Float] {
        var values = [Float](repeating: 0, count: trainer.network.layout.count)
        trainer.read(state, into: &values)
        return values
    }

    // MARK: - Decay

    /// One step of SGD without momentum: decay adds decay · w to a gradient; spared parameters get the same one.
    @Test func decaySparesVectors() throws {
        let (images, labels) = data
        var steps: [[Float]] = []
        for decaysVectors in [true, false] {
            let trainer = try makeTrainer(.sgd(momentum: 0.5, nesterov: false), decay: 0.5, decaysVectors: decaysVectors)
            // Biases start at zero, where decay shows nothing.
            for (index, parameter) in trainer.network.layout.parameters.enumerated() where parameter.shape.rank == 1 {
                try trainer.network.writeParameter(index, from: [Float](repeating: 0.125, count: parameter.shape.count))
            }
            try trainer.run(images, labels, steps: 1)
            steps.append(read(trainer, .firstMoment))
        }
        let layout = try makeTrainer().network.layout
        var offset = 0
        for parameter in layout.parameters {
            let range = offset ..< offset + parameter.shape.count
            offset = range.upperBound
            for i in range {
                let wanted = parameter.shape.rank == 1 ? Float(0.5 * 0.125) : 0
                #expect(abs(steps[0][i] - steps[1][i] - wanted) < 1e-6, "\(parameter.name)")
            }
        }
    }

    /// A step of SGD from the same weights: the head's weights and bias move so many times as far, all others as far. The head
    /// is the last layer with weights, also where another one ends the network.
    @Test(arguments: [
        ("a = convolution(image, channels: 4, kernel: 3)\nflat = flatten(a)\nfc = linear(flat, features: 5)", "fc"),
        ("a = convolution(image, channels: 4, kernel: 3)\nb = convolution(a, channels: 5, kernel: 3)\n"
            + "mean = globalAveragePooling(b)", "b"),
    ])
    func theHeadHasARateOfItsOwn(text: String, head: String) throws {
        let (images, labels) = data
        func moved(headRate: Float) throws -> (Network, [Float]) {
            let network = try Network(architecture: Architecture(text: text), imageShape: shape, seed: 7)
            let before = network.allParameters
            let trainer = try Trainer(network: network, settings: TrainingSettings(
                loss: SquaredError(), optimiser: .sgd(momentum: 0, nesterov: false), learningRate: 0.125, headRate: headRate,
                batchSize: 16))
            try trainer.run(images, labels, steps: 1)
            return (network, zip(network.allParameters, before).map { $0 - $1 })
        }
        let (network, plain) = try moved(headRate: 1), (_, own) = try moved(headRate: 4)
        var offset = 0
        for parameter in network.layout.parameters {
            let range = offset ..< offset + parameter.shape.count, rate: Float = parameter.layer == head ? 4 : 1
            offset = range.upperBound
            // The weights they are differences of are below 1.
            #expect(range.allSatisfy { abs(own[$0] - rate * plain[$0]) < 5e-7 }, "\(parameter.name)")
            #expect(range.contains { abs(plain[$0]) > 1e-4 }, "\(parameter.name)")
        }
    }

    // MARK: - Averages

    /// a ← a + (1 − min(d, (1 + t) / (10 + t))) (w − a), from the starting weights.
    @Test func averagesTheWeights() throws {
        let (images, labels) = data
        let decay: Float = 0.3
        let trainer = try makeTrainer(averageDecay: decay), plain = try makeTrainer()
        var wanted = trainer.network.allParameters.map(Double.init)
        for step in 0 ..< 8 {
            try trainer.run(images, labels, steps: 1)
            try plain.run(images, labels, steps: 1)
            let rate = 1 - min(Double(decay), Double(1 + step) / Double(10 + step))
            for (i, weight) in trainer.network.allParameters.enumerated() { wanted[i] += rate * (Double(weight) - wanted[i]) }
        }
        #expect(trainer.network.allParameters == plain.network.allParameters)
        let average = read(trainer, .averageParameters)
        #expect(zip(average, wanted).allSatisfy { abs(Double($0) - $1) < 1e-6 })
        #expect(average != trainer.network.allParameters)
    }

    /// Validation and the best weights are the average's; training goes on from its own weights.
    @Test func theAverageIsValidatedAndKept() throws {
        let (images, labels) = data
        let trainer = try makeTrainer(averageDecay: 0.9)
        try trainer.run(images, labels, steps: 10)
        let own = trainer.network.allParameters, average = read(trainer, .averageParameters)
        func loss(_ trainer: Trainer) throws -> Double {
            var alive = [Int](repeating: 0, count: 5)
            return try Images.with(images) { images in
                try labels.withUnsafePointer { try trainer.evaluate(images, labels: $0, alive: &alive).loss }
            }
        }
        let measured = try loss(trainer)
        #expect(trainer.network.allParameters == own && read(trainer, .averageParameters) == average)
        #expect(try trainer.report(score: 0.5))
        #expect(read(trainer, .bestParameters) == average)

        let other = try makeTrainer()
        var offset = 0
        for (index, parameter) in other.network.layout.parameters.enumerated() {
            try other.network.writeParameter(index, from: Array(average[offset ..< offset + parameter.shape.count]))
            offset += parameter.shape.count
        }
        #expect(try loss(other) == measured)
        trainer.restoreAverage()
        #expect(trainer.network.allParameters == average)
        #expect(try trainer.network.logits(images).elements == other.network.logits(images).elements)
    }

    @Test func noAverageIsWrittenWhereNoneIsKept() throws {
        let trainer = try makeTrainer()
        let before = trainer.network.allParameters
        #expect(throws: NetworkError.self) { try trainer.write(.averageParameters, from: before) }
        trainer.restoreAverage()
        #expect(trainer.network.allParameters == before && read(trainer, .averageParameters) == before)
    }

    // MARK: - All together

    private let everything = Augmentation(crop: 2, flip: true, cutout: 5, rotation: 10)

    @Test func sameBitsForAnyNumberOfThreads() throws {
        let (images, labels) = data
        let before = ThreadPool.shared.threadCount
        defer { ThreadPool.shared.threadCount = before }
        var results: [[Float]] = []
        for threads in [1, 2, 3, 8] {
            ThreadPool.shared.threadCount = threads
            let trainer = try makeTrainer(decay: 0.01, decaysVectors: false, averageDecay: 0.9, augmentation: everything)
            try trainer.run(images, labels, steps: 11)
            results.append(trainer.network.allParameters + read(trainer, .averageParameters))
        }
        for result in results.dropFirst() { #expect(result == results[0]) }
    }

    @Test(arguments: [3, 4, 6]) func resumesToTheSameBits(stop: Int) throws {
        let (images, labels) = data
        func make() throws -> Trainer { try makeTrainer(averageDecay: 0.9, augmentation: everything) }
        let whole = try make(), start = try make(), rest = try make()
        try whole.run(images, labels, steps: 12)
        try start.run(images, labels, steps: stop)
        for index in start.network.layout.parameters.indices {
            try start.network.parameter(index).withUnsafePointer { try rest.network.writeParameter(index, from: $0) }
        }
        for state in [Trainer.State.firstMoment, .secondMoment, .averageParameters] {
            try rest.write(state, from: read(start, state))
        }
        try rest.resume(at: start.progress)
        try rest.run(images, labels, steps: 12 - stop)
        #expect(rest.network.allParameters == whole.network.allParameters)
        #expect(read(rest, .averageParameters) == read(whole, .averageParameters))
    }

    /// Training on augmented images is training on the images that `read(augmentedBy:)` shows, epoch by epoch.
    @Test func trainsOnWhatItShows() throws {
        let (images, labels) = data
        let changed = Augmentation(crop: 2, flip: true, rotation: 10)
        let augmented = try makeTrainer(augmentation: changed), plain = try makeTrainer()
        for epoch in 0 ..< 3 {
            var shown = Tensor<Float>(shape: images.shape)
            try Images.with(images) { images in
                try shown.withUnsafeMutablePointer { try images.read(augmentedBy: changed, seed: 3, epoch: epoch, into: $0) }
            }
            #expect(shown.elements != images.elements)
            try augmented.run(images, labels, steps: 4)
            try plain.run(shown, labels, steps: 4)
        }
        #expect(augmented.network.allParameters == plain.network.allParameters)
    }

    // MARK: - Normalisation

    /// A normalised network gives what a plain one gives for normalised images, with gradients divided by the deviation.
    @Test func normalisationIsTheNetworks() throws {
        let mean: [Float] = [0.3, -0.1], deviation: [Float] = [0.25, 2]
        let own = try Network(architecture: .leNet(classes: 5), imageShape: shape, seed: 7)
        let plain = try Network(architecture: .leNet(classes: 5), imageShape: shape, seed: 7)
        let images = noiseImages(20, shape), before = try own.logits(images).elements
        try own.setNormalisation(Normalisation(mean: mean, deviation: deviation))
        var normalised = images
        normalised.withUnsafeMutablePointer {
            for i in 0 ..< 20 * shape.count { $0[i] = ($0[i] - mean[i % 2]) / deviation[i % 2] }
        }
        expectClose(try own.logits(images).elements, try plain.logits(normalised).elements.map(Double.init), relative: 1e-5)

        func gradients(_ network: Network, _ images: Tensor<Float>) throws -> (made: [Float], pixels: [Float], slopes: [Float]) {
            var made: [Float] = [], pixels = [Float](repeating: 0, count: 20 * shape.count), slopes = pixels
            try Images.with(images) { given in
                try network.explain(given, layers: [Architecture.image], seed: { tap, gradient in
                    for i in 0 ..< tap.count * 5 { gradient[i] = i % 5 == 2 ? 1 : 0 }
                }, visit: { tap in
                    tap.activations(of: Architecture.image, into: &pixels)
                    tap.gradient(of: Architecture.image, into: &slopes)
                })
            }
            let rowLength = shape.width * shape.channels
            try network.logits(count: 20, make: { numbers, canvas in
                for (place, image) in numbers.enumerated() {
                    for i in 0 ..< shape.count {
                        canvas.pixels[place * canvas.imageStep + i / rowLength * canvas.rowStep + i % rowLength] =
                            images.elements[image * shape.count + i]
                    }
                }
            }, visit: { numbers, logits in
                made += UnsafeBufferPointer(start: logits, count: numbers.count * 5)
            })
            return (made, pixels, slopes)
        }
        let a = try gradients(own, images), b = try gradients(plain, normalised)
        #expect(a.made == (try own.logits(images).elements))
        expectClose(a.pixels, images.elements.map(Double.init), relative: 1e-5)
        expectClose(a.slopes, b.slopes.enumerated().map { Double($1) / Double(deviation[$0 % 2]) }, relative: 1e-4)

        try own.setNormalisation(nil)
        #expect(try own.logits(images).elements == before)
        #expect(throws: NetworkError.self) { try own.setNormalisation(Normalisation(mean: [0], deviation: [1])) }
    }

    @Test func refusesWhatIsNoNormalisation() {
        for (mean, deviation) in [([0, 0], [1]), ([.nan], [1]), ([0], [0]), ([0], [-1]), ([0], [.infinity]), ([0], [1e-45])] as [([Float], [Float])] {
            #expect(throws: NetworkError.self) { try Normalisation(mean: mean, deviation: deviation) }
        }
    }
}
