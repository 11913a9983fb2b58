import Testing
@testable import Kernels

private let cases: [WindowCase] = {
    var cases: [WindowCase] = []
    for kernel in [(3, 3), (5, 5)] {
        // Whole tiles and every remainder, in both directions; fewer pixels than a tile.
        for side in 5 ... 12 { cases.append(WindowCase(height: side, width: 17 - side, channels: 3, outputs: 5, kernel: kernel)) }
        for channels in [1, 2, 4, 7, 8, 20, 25] { cases.append(WindowCase(channels: channels, outputs: 9, kernel: kernel)) }
        for outputs in [1, 3, 8, 17, 26, 50] { cases.append(WindowCase(channels: 6, outputs: outputs, kernel: kernel)) }
        for images in [1, 15, 16, 17, 40] { cases.append(WindowCase(images: images, height: 6, width: 7, kernel: kernel)) }
        for padding in [(1, 1), (2, 2), (0, 3)] { cases.append(WindowCase(channels: 4, kernel: kernel, padding: padding)) }
    }
    cases.append(WindowCase(images: 3, height: 12, width: 12, channels: 20, outputs: 50, kernel: (5, 5)))
    cases.append(WindowCase(images: 2, height: 33, width: 30, channels: 16, outputs: 24, kernel: (3, 3), padding: (1, 1)))
    // Many channels, in one chunk and in several.
    for images in [1, 35] {
        cases.append(WindowCase(images: images, height: 6, width: 9, channels: 100, outputs: 90, kernel: (3, 3), padding: (1, 1)))
    }
    return cases
}()

@Suite(.serialized) struct WinogradTests {
    @Test(arguments: cases) func convolutionsAgreeWithTheReference(shape: WindowCase) {
        // The bounds stated in docs/winograd.md, over all shapes.
        checkWindows(WindowFixture(convolution: shape), allowance: shape.kernel.0 == 3 ? 8 : 48) { runWinograd($0, kernel: shape.kernel.0) }
    }

    @Test func casesHoldOneChunkAndSeveral() {
        let tiles = cases.map { $0.images * WinogradLayer(WindowFixture(convolution: $0).layer, kernel: $0.kernel.0).tilesPerImage }
        #expect(tiles.contains { $0 < WinogradChunk.tiles } && tiles.contains { $0 > WinogradChunk.tiles })
    }

    @Test func paysForWideConvolutionsOnly() {
        func pays(_ shape: WindowCase, images: Int = 64) -> Bool {
            WinogradLayer(WindowFixture(convolution: shape).layer, kernel: shape.kernel.0).pays(images: images)
        }
        #expect(pays(WindowCase(height: 34, width: 34, channels: 64, outputs: 64)))
        #expect(pays(WindowCase(height: 12, width: 12, channels: 20, outputs: 50, kernel: (5, 5))))
        #expect(!pays(WindowCase(height: 28, width: 28, channels: 1, outputs: 20, kernel: (5, 5))))
        #expect(!pays(WindowCase(height: 3, width: 3, channels: 64, outputs: 64)))
        // Weights that come from memory need images enough.
        let deep = WindowCase(height: 6, width: 6, channels: 512, outputs: 512)
        #expect(pays(deep) && !pays(deep, images: 1))
    }
}

private func runWinograd(_ f: WindowFixture, kernel: Int) -> [[Float]] {
    let pool = ThreadPool.shared
    let layer = WinogradLayer(f.layer, kernel: kernel)
    let x = f.framedInput(), w = Memory(f.weights), b = Memory(f.bias), dy = Memory(f.outputGradient.values)
    let packed = Memory(count: layer.productWeightCount)
    pool.run(WinogradPacking(layer: layer, weights: w.base, packed: packed.base))
    let y = Memory(count: dy.count), rectified = Memory(count: dy.count)
    pool.run(WinogradProduct(layer: layer, images: f.images, input: x.base, packed: packed.base, bias: b.base, output: y.base))
    pool.run(WinogradProduct(layer: layer, images: f.images, input: x.base, packed: packed.base, bias: nil,
                             output: rectified.base, relu: true))
    let dx = Memory(count: x.count), scratch = Memory(count: layer.gradientCount(ofWeights: true))
    dx.base.update(repeating: 1, count: dx.count) // scatter adds
    let dw = Memory(count: w.count), db = Memory(count: b.count)
    WinogradGradient(
        layer: layer, images: f.images, input: x.base, outputGradient: dy.base, scratch: scratch.base,
        toInput: WinogradGradient.Input(gradient: dx.base, packed: packed.base),
        toWeights: WinogradGradient.Weights(gradient: dw.base, bias: db.base)
    ).run(on: pool)
    // Divided by points the outputs are the same.
    let wide = Memory(count: dy.count), shared = Memory(count: layer.gradientCount(ofWeights: false))
    WideWinogradProduct(WinogradProduct(layer: layer, images: f.images, input: x.base, packed: packed.base, bias: b.base,
                                        output: wide.base), scratch: shared.base).run(on: pool)
    #expect(wide.values == y.values)
    // Without the weights' the input gradient is the same, and the other way round.
    let alone = Memory(count: x.count)
    alone.base.update(repeating: 1, count: alone.count)
    let small = Memory(count: layer.gradientCount(ofWeights: false)), weightsAlone = Memory(count: w.count)
    WinogradGradient(layer: layer, images: f.images, input: x.base, outputGradient: dy.base, scratch: small.base,
                     toInput: WinogradGradient.Input(gradient: alone.base, packed: packed.base),
                     toWeights: nil).run(on: pool)
    WinogradGradient(layer: layer, images: f.images, input: x.base, outputGradient: dy.base, scratch: scratch.base,
                     toInput: nil, toWeights: WinogradGradient.Weights(gradient: weightsAlone.base, bias: nil)).run(on: pool)
    #expect(alone.values == dx.values)
    #expect(weightsAlone.values == dw.values)
    for memory in [packed, y, rectified, wide, shared, dx, scratch, small, dw, db, weightsAlone] { #expect(memory.guardIsIntact) }
    return [y, rectified, dx, dw, db].map(\.values)
}
