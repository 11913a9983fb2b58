import Testing
@testable import Kernels

@Suite(.serialized) struct PoolingTests {
    /// Every number of channels around the vectors' widths; overlapping, touching and gapped windows; padding.
    private static let cases: [WindowCase] = (1 ... 70).map { WindowCase(height: 4, width: 5, channels: $0, kernel: (2, 2), stride: (2, 2)) } + [
        WindowCase(images: 5, height: 9, width: 7, channels: 20, kernel: (3, 2), stride: (2, 3)),
        WindowCase(height: 8, width: 8, channels: 17, kernel: (3, 3), stride: (1, 1)),
        WindowCase(height: 9, width: 9, channels: 5, kernel: (2, 2), stride: (3, 3)),
        WindowCase(height: 7, width: 9, channels: 33, kernel: (3, 3), stride: (2, 2), padding: (1, 1)),
        WindowCase(images: 1, height: 6, width: 6, channels: 50, kernel: (6, 6)),
    ]

    @Test(arguments: cases) func maxPooling(shape: WindowCase) {
        for rectified in [false, true] {
            let f = PoolingFixture(shape, ties: true)
            let x = f.framed(f.input, border: rectified ? 0 : -.infinity), y = Memory(count: f.outputGradient.values.count)
            let winners = Memory(count: y.count)
            ThreadPool.shared.run(MaxPooling(shape: f.pooling, images: shape.images, input: x.base, output: y.base,
                                            winners: winners.base, relu: rectified))
            let plain = Memory(count: y.count)
            ThreadPool.shared.run(MaxPooling(shape: f.pooling, images: shape.images, input: x.base, output: plain.base,
                                             winners: nil, relu: rectified))
            #expect(plain.values == y.values)
            let wanted = Reference.maxPooling(f.input, window: shape.window, rectified: rectified)
            #expect(y.values == wanted.values.map(Float.init))
            #expect(y.guardIsIntact && winners.guardIsIntact)

            let gradient = Reference.maxPoolingGradient(f.input, outputGradient: f.outputGradient, window: shape.window,
                                                        rectified: rectified)
            let dy = Memory(f.outputGradient.values), dx = f.framed(f.ones, border: 0)
            ThreadPool.shared.run(MaxPoolingGradient(
                shape: f.pooling, images: shape.images, winners: winners.base, outputGradient: dy.base,
                inputGradient: dx.base))
            expectClose(f.interior(dx), gradient.values.map { $0 + 1 }, terms: shape.kernel.0 * shape.kernel.1)
            #expect(dx.guardIsIntact)

            guard shape.stride.0 >= shape.kernel.0, shape.stride.1 >= shape.kernel.1 else { continue }
            let over = f.framed(f.ones, border: 0)
            ThreadPool.shared.run(MaxPoolingGradient(
                shape: f.pooling, images: shape.images, winners: winners.base, outputGradient: dy.base,
                inputGradient: over.base, overwrites: true))
            let covered = f.covered()
            #expect(f.interior(over) == zip(gradient.values, covered).map { $1 ? Float($0) : 1 })
        }
    }

    @Test(arguments: cases) func averagePooling(shape: WindowCase) {
        let f = PoolingFixture(shape, ties: false)
        let x = f.framed(f.input, border: 0), y = Memory(count: f.outputGradient.values.count)
        ThreadPool.shared.run(AveragePooling(shape: f.pooling, images: shape.images, input: x.base, output: y.base))
        let area = shape.kernel.0 * shape.kernel.1
        expectClose(y.values, Reference.averagePooling(f.input, window: shape.window).values, terms: area)
        #expect(y.guardIsIntact)

        let dy = Memory(f.outputGradient.values), dx = f.framed(f.ones, border: 0)
        ThreadPool.shared.run(AveragePoolingGradient(shape: f.pooling, images: shape.images, outputGradient: dy.base,
                                                     inputGradient: dx.base))
        let gradient = Reference.averagePoolingGradient(f.input, outputGradient: f.outputGradient, window: shape.window)
        expectClose(f.interior(dx), gradient.values.map { $0 + 1 }, terms: area)
        #expect(dx.guardIsIntact)
    }
}

/// A pooling layer over framed images, and random numbers for it.
private struct PoolingFixture {
    let shape: WindowCase
    let pooling: PoolingShape
    let input: ReferenceImages<Double>
    let ones: ReferenceImages<Double>
    let outputGradient: ReferenceImages<Double>
    private let frame: (height: Int, width: Int)

    /// - Parameter ties: pixels on a grid of five values, so that most windows have several largest ones.
    init(_ shape: WindowCase, ties: Bool) {
        self.shape = shape
        let random = Numbers(seed: 3)
        var input = random.images(shape.images, shape.height, shape.width, shape.channels)
        if ties { input.values = input.values.map { ($0 * 2).rounded() / 2 } }
        self.input = input
        ones = ReferenceImages(count: input.count, height: input.height, width: input.width, channels: input.channels,
                               values: input.values.map { _ in 1 })
        let size = shape.window.outputs(height: shape.height, width: shape.width)
        outputGradient = random.images(shape.images, size.height, size.width, shape.channels)
        frame = (shape.height + 2 * shape.padding.0, shape.width + 2 * shape.padding.1)
        pooling = PoolingShape(
            channels: shape.channels, kernel: shape.kernel, stride: shape.stride, rows: size.height, columns: size.width,
            inputRowStep: frame.width * shape.channels, inputImageStep: frame.height * frame.width * shape.channels,
            outputRowStep: size.width * shape.channels, outputImageStep: size.height * size.width * shape.channels)
    }

    private func place(_ n: Int, _ y: Int, _ x: Int, _ c: Int) -> Int {
        ((n * frame.height + y + shape.padding.0) * frame.width + x + shape.padding.1) * shape.channels + c
    }

    func framed(_ images: ReferenceImages<Double>, border: Float) -> Memory {
        let memory = Memory(count: shape.images * frame.height * frame.width * shape.channels)
        memory.base.update(repeating: border, count: memory.count)
        images.forEachPosition { n, y, x, c in memory.base[place(n, y, x, c)] = Float(images[n, y, x, c]) }
        return memory
    }

    func interior(_ memory: Memory) -> [Float] {
        var values: [Float] = []
        input.forEachPosition { n, y, x, c in values.append(memory.base[place(n, y, x, c)]) }
        return values
    }

    /// Whether some window holds the pixel: an average's gradient reaches just those.
    func covered() -> [Bool] {
        var dy = outputGradient
        dy.values = dy.values.map { _ in 1 }
        return Reference.averagePoolingGradient(input, outputGradient: dy, window: shape.window).values.map { $0 > 0 }
    }
}

extension ReferenceImages {
    /// Visits (image, row, column, channel) in the order of `values`.
    fileprivate func forEachPosition(_ visit: (Int, Int, Int, Int) -> Void) {
        for n in 0 ..< count {
            for y in 0 ..< height {
                for x in 0 ..< width { for c in 0 ..< channels { visit(n, y, x, c) } }
            }
        }
    }
}
