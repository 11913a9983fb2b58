import Testing
@testable import Kernels

/// Maps with a border around them, and channel counts that fill no vector.
struct NormalisedCase: Sendable, CustomTestStringConvertible {
    var images, height, width, channels: Int
    var border = 0
    var testDescription: String { "\(images)x\(height)x\(width)x\(channels), border \(border)" }

    static let all = [
        NormalisedCase(images: 2, height: 1, width: 1, channels: 3),
        NormalisedCase(images: 1, height: 4, width: 3, channels: 1, border: 1),
        NormalisedCase(images: 3, height: 5, width: 7, channels: 21, border: 2),
        NormalisedCase(images: 17, height: 6, width: 6, channels: 64, border: 1),
        NormalisedCase(images: 40, height: 3, width: 2, channels: 100),
    ]

    var rows: ChannelRows { ChannelRows(images: images, rows: height, columns: width, channels: channels) }
    var rowStep: Int { (width + 2 * border) * channels }
    var imageStep: Int { (height + 2 * border) * rowStep }
    var count: Int { images * imageStep }

    func memory(_ memory: Memory) -> MapMemory {
        MapMemory(base: memory.base + border * (rowStep + channels), rowStep: rowStep, imageStep: imageStep)
    }

    /// Images within a border of NaN, which nobody may read.
    func memory(of images: ReferenceImages<Double>) -> Memory {
        let memory = Memory(count: count)
        forEach { place, i in memory.base[place] = Float(images.values[i]) }
        return memory
    }

    func values(_ memory: Memory) -> [Float] {
        var values = [Float](repeating: 0, count: images * height * width * channels)
        forEach { place, i in values[i] = memory.base[place] }
        return values
    }

    private func forEach(_ body: (_ place: Int, _ element: Int) -> Void) {
        var i = 0
        for n in 0 ..< images {
            for y in 0 ..< height {
                for x in 0 ..< width * channels {
                    body(n * imageStep + (y + border) * rowStep + border * channels + x, i)
                    i += 1
                }
            }
        }
    }
}

@Suite(.serialized) struct NormalisationTests {
    private let random = Numbers(seed: 8)
    private let pool = ThreadPool.shared

    private struct Batch {
        let given: NormalisedCase
        let x: ReferenceImages<Double>
        let weight, bias: [Double]
        let input: Memory
        let numbers: Memory
        let memory: ChannelMemory

        init(_ given: NormalisedCase, _ random: Numbers, x: ReferenceImages<Double>? = nil) {
            self.given = given
            self.x = x ?? random.images(given.images, given.height, given.width, given.channels)
            weight = random.values(given.channels).map { 1 + $0 / 2 }
            bias = random.values(given.channels)
            input = given.memory(of: self.x)
            numbers = Memory(count: ChannelMemory.count(channels: given.channels))
            memory = ChannelMemory(base: numbers.base, channels: given.channels)
        }

        @discardableResult
        func gather(_ pool: ThreadPool, epsilon: Float = 1e-5) -> BatchStatistics {
            let statistics = BatchStatistics(rows: given.rows, input: given.memory(input), memory: memory)
            pool.run(statistics)
            let weight = Memory(weight), bias = Memory(bias)
            statistics.finish(weight: weight.base, bias: bias.base, epsilon: epsilon)
            withExtendedLifetime((weight, bias)) {}
            return statistics
        }

        /// γ (x − mean) / √(variance + ε) + β (+ r), by the formula.
        func normalised(epsilon: Double = Double(Float(1e-5)), adding residual: [Double]? = nil, relu: Bool) -> [Double] {
            let (mean, variance) = Reference.channelStatistics(x)
            return x.values.enumerated().map { i, value in
                let c = i % given.channels
                let y = weight[c] * (value - mean[c]) / (variance[c] + epsilon).squareRoot() + bias[c] + (residual?[i] ?? 0)
                return relu ? max(y, 0) : y
            }
        }
    }

    @Test(arguments: NormalisedCase.all) func statisticsAgree(_ given: NormalisedCase) {
        let batch = Batch(given, random)
        let statistics = batch.gather(pool)
        let (mean, variance) = Reference.channelStatistics(batch.x)
        expectClose((0 ..< given.channels).map { batch.memory.mean[$0] }, mean)
        expectClose((0 ..< given.channels).map { 1 / (batch.memory.inverseDeviation[$0] * batch.memory.inverseDeviation[$0]) },
                    variance.map { $0 + 1e-5 }, terms: 40)
        let runningMean = Memory([Double](repeating: 2, count: given.channels))
        let runningVariance = Memory([Double](repeating: 3, count: given.channels))
        statistics.follow(runningMean: runningMean.base, runningVariance: runningVariance.base, momentum: 0.25)
        let count = Double(given.rows.pixels)
        expectClose(runningMean.values, mean.map { 1.5 + 0.25 * $0 }, terms: 10)
        expectClose(runningVariance.values, variance.map { 2.25 + 0.25 * $0 * count / (count - 1) }, terms: 40)
        #expect(batch.numbers.guardIsIntact)
    }

    /// The variance is kept beside ε, which may be far larger, and momentum 1 forgets all that was.
    @Test func aSmallVarianceKeepsItsDigits() {
        let given = NormalisedCase(images: 8, height: 16, width: 16, channels: 5)
        let x = ReferenceImages(count: 8, height: 16, width: 16, channels: 5,
                                values: random.values(8 * 256 * 5).map { Double(Float(1e-5 * $0)) })
        let batch = Batch(given, random, x: x)
        let statistics = batch.gather(pool)
        let (mean, variance) = Reference.channelStatistics(x)
        let runningMean = Memory([Double](repeating: 2, count: 5)), runningVariance = Memory([Double](repeating: 3, count: 5))
        statistics.follow(runningMean: runningMean.base, runningVariance: runningVariance.base, momentum: 1)
        for c in 0 ..< 5 {
            #expect(abs(Double(runningMean.values[c]) - mean[c]) < 1e-11)
            let unbiased: Double = variance[c] * 2048 / 2047
            #expect(abs(Double(runningVariance.values[c]) - unbiased) < 1e-5 * unbiased)
        }
    }

    /// A mean a thousand times the deviation: sums of squares of x itself would keep no digit of the variance.
    @Test func aLargeMeanLeavesTheVarianceItsDigits() {
        let given = NormalisedCase(images: 8, height: 16, width: 16, channels: 5)
        let x = ReferenceImages(count: 8, height: 16, width: 16, channels: 5,
                                values: random.values(8 * 256 * 5).map { Double(Float(1000 + $0)) })
        let batch = Batch(given, random, x: x)
        batch.gather(pool)
        let (mean, variance) = Reference.channelStatistics(x)
        for c in 0 ..< 5 {
            #expect(abs(Double(batch.memory.mean[c]) - mean[c]) < 1e-4)
            let inverse = Double(batch.memory.inverseDeviation[c])
            #expect(abs(1 / (inverse * inverse) / (variance[c] + 1e-5) - 1) < 1e-5)
        }
    }

    @Test func aChannelThatNeverChangesHasNoVariance() {
        let given = NormalisedCase(images: 3, height: 4, width: 4, channels: 2)
        let x = ReferenceImages(count: 3, height: 4, width: 4, channels: 2, values: [Double](repeating: 0.3, count: 96))
        let batch = Batch(given, random, x: x)
        batch.gather(pool)
        let y = Memory(count: given.count)
        pool.run(Normalise(rows: given.rows, memory: batch.memory, input: given.memory(batch.input), residual: nil,
                           output: given.memory(y), relu: false))
        for (i, value) in given.values(y).enumerated() { #expect(abs(Double(value) - batch.bias[i % 2]) < 1e-4) }
    }

    @Test(arguments: NormalisedCase.all, [false, true]) func normalising(_ given: NormalisedCase, relu: Bool) {
        let batch = Batch(given, random)
        batch.gather(pool)
        let residual = random.images(given.images, given.height, given.width, given.channels)
        for other in [nil, residual] {
            let y = Memory(count: given.count), added = other.map { given.memory(of: $0) }
            pool.run(Normalise(rows: given.rows, memory: batch.memory, input: given.memory(batch.input),
                               residual: added.map { given.memory($0) }, output: given.memory(y), relu: relu))
            withExtendedLifetime((added, batch)) {}
            expectClose(given.values(y), batch.normalised(adding: other?.values, relu: relu), terms: 60)
            #expect(y.guardIsIntact)
        }
    }

    /// All gradients against the equations of Ioffe & Szegedy (2015); `GradientTests` has finite differences.
    @Test(arguments: NormalisedCase.all, [false, true]) func gradients(_ given: NormalisedCase, hasResidual: Bool) {
        let batch = Batch(given, random)
        batch.gather(pool)
        let residual = random.images(given.images, given.height, given.width, given.channels)
        let factors = random.images(given.images, given.height, given.width, given.channels)
        let y = Memory(count: given.count), dy = given.memory(of: factors), r = given.memory(of: residual)
        pool.run(Normalise(rows: given.rows, memory: batch.memory, input: given.memory(batch.input),
                           residual: hasResidual ? given.memory(r) : nil, output: given.memory(y), relu: true))
        let maps = NormalisedMaps(rows: given.rows, memory: batch.memory, input: given.memory(batch.input),
                                  output: given.memory(y), outputGradient: given.memory(dy), relu: true,
                                  hasResidual: hasResidual)
        let dWeight = Memory(count: given.channels), dBias = Memory(count: given.channels)
        let sums = NormalisationSums(maps: maps)
        pool.run(sums)
        sums.finish(weightGradient: dWeight.base, biasGradient: dBias.base)
        let dx = given.memory(of: factors), dr = given.memory(of: factors)
        pool.run(NormaliseGradient(maps: maps, byBatch: true, inputGradient: given.memory(dx), overwrites: true,
                                   residualGradient: given.memory(dr), overwritesResidual: false))

        let passed = zip(factors.values, given.values(y)).map { $1 > 0 ? $0 : 0 }
        expectClose(given.values(dr), zip(factors.values, passed).map(+))
        let (mean, variance) = Reference.channelStatistics(batch.x)
        var shift = [Double](repeating: 0, count: given.channels), scale = shift
        let unit = batch.x.values.enumerated().map { i, value in
            (value - mean[i % given.channels]) / (variance[i % given.channels] + Double(Float(1e-5))).squareRoot()
        }
        for i in unit.indices {
            shift[i % given.channels] += passed[i]
            scale[i % given.channels] += passed[i] * unit[i]
        }
        expectClose(dBias.values, shift, terms: 200)
        expectClose(dWeight.values, scale, terms: 200)
        let pixels = Double(given.rows.pixels)
        expectClose(given.values(dx), unit.indices.map { i in
            let c = i % given.channels
            return batch.weight[c] / (variance[c] + Double(Float(1e-5))).squareRoot()
                * (passed[i] - shift[c] / pixels - unit[i] * scale[c] / pixels)
        }, terms: 400)
        #expect(dx.guardIsIntact && dr.guardIsIntact)
        withExtendedLifetime((batch, r, y, dy)) {}
    }

    @Test func sameBitsForAnyNumberOfThreads() {
        let before = pool.threadCount
        defer { pool.threadCount = before }
        let given = NormalisedCase(images: 9, height: 7, width: 5, channels: 33)
        let x = random.images(9, 7, 5, 33)
        var found: [[Float]] = []
        for threads in [1, 2, 5] {
            pool.threadCount = threads
            let batch = Batch(given, Numbers(seed: 1), x: x)
            batch.gather(pool)
            let memory = batch.memory
            found.append((0 ..< 33).flatMap { [memory.mean[$0], memory.scale[$0], memory.shift[$0]] })
            withExtendedLifetime(batch) {}
        }
        #expect(found[1] == found[0] && found[2] == found[0])
    }

    @Test func foldingIsNormalisingAfterwards() {
        let channels = 5, rows = 7
        let mean = random.values(channels), variance = random.values(channels).map { 1 + $0 / 2 }
        let weight = random.values(channels), bias = random.values(channels), own = random.values(channels)
        let weights = random.values(rows * channels)
        let numbers = Memory(count: ChannelMemory.count(channels: channels))
        let folding = ChannelMemory(base: numbers.base, channels: channels)
        let given = [mean, variance, weight, bias, own, weights].map { Memory($0) }
        folding.use(mean: given[0].base, variance: given[1].base, weight: given[2].base, bias: given[3].base, epsilon: 1e-3)
        let folded = Memory(count: rows * channels), foldedBias = Memory(count: channels)
        folding.fold(weights: given[5].base, count: rows * channels, bias: given[4].base, into: folded.base,
                     foldedBias: foldedBias.base)
        withExtendedLifetime((given, numbers)) {}
        let scale = (0 ..< channels).map { weight[$0] / (variance[$0] + 1e-3).squareRoot() }
        expectClose(folded.values, weights.enumerated().map { $1 * scale[$0 % channels] }, terms: 10)
        expectClose(foldedBias.values, (0 ..< channels).map { (own[$0] - mean[$0]) * scale[$0] + bias[$0] }, terms: 10)
    }
}

@Suite struct NormalNumberTests {
    @Test func normalsHaveTheMomentsOfTheDistribution() {
        let random = Philox(seed: 5, purpose: .weights)
        let values = (0 ..< 25_000).flatMap { position -> [Double] in
            let four = Philox.normals(random.block(UInt64(position)))
            return (0 ..< 4).map { Double(four[$0]) }
        }
        let count = Double(values.count)
        func moment(_ power: Int) -> Double {
            values.reduce(0) { sum, value in sum + (0 ..< power).reduce(1.0) { product, _ in product * value } } / count
        }
        #expect(abs(moment(1)) < 4 / count.squareRoot())
        #expect(abs(moment(2) - 1) < 4 * (2 / count).squareRoot())
        #expect(abs(moment(3)) < 4 * (15 / count).squareRoot())
        #expect(abs(moment(4) - 3) < 4 * (96 / count).squareRoot())
        #expect(values.allSatisfy { abs($0) < 6 })
    }
}
