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
    // A wide layer, in one chunk and in several.
    for images in [1, 35] {
        cases.append(WindowCase(images: images, height: 6, width: 9, channels: 100, outputs: 90, kernel: (3, 3), padding: (1, 1)))
    }
    return cases
}()

@Suite(.serialized) struct WinogradTests {
    @Test(arguments: cases) func convolutionsAgreeWithTheReference(shape: WindowCase) {
        // The bound stated in docs/winograd.md, over all shapes.
        checkWindows(WindowFixture(convolution: shape), allowance: 8) { runWinograd($0, kernel: shape.kernel.0) }
    }

    @Test func casesHoldWideAndNarrowLayers() {
        let wide = cases.map { WinogradLayer(WindowFixture(convolution: $0).layer, kernel: $0.kernel.0).isWide }
        #expect(wide.contains(true) && wide.contains(false))
    }

    @Test func paysForWideConvolutionsOnly() {
        func pays(_ shape: WindowCase) -> Bool {
            WinogradLayer(WindowFixture(convolution: shape).layer, kernel: shape.kernel.0).pays
        }
        #expect(pays(WindowCase(height: 34, width: 34, channels: 64, outputs: 64)))
        #expect(pays(WindowCase(height: 12, width: 12, channels: 20, outputs: 50, kernel: (5, 5))))
        #expect(!pays(WindowCase(height: 28, width: 28, channels: 1, outputs: 20, kernel: (5, 5))))
        #expect(!pays(WindowCase(height: 3, width: 3, channels: 64, outputs: 64)))
    }
}

private func runWinograd(_ f: WindowFixture, kernel: Int) -> [[Float]] {
    let pool = ThreadPool.shared
    let layer = WinogradLayer(f.layer, kernel: kernel)
    let x = f.framedInput(), w = Memory(f.weights), b = Memory(f.bias), dy = Memory(f.outputGradient.values)
    let packed = Memory(count: layer.productWeightCount), transposed = Memory(count: layer.scatterWeightCount)
    pool.run(WinogradPacking(layer: layer, weights: w.base, packed: packed.base))
    pool.run(WinogradTransposition(layer: layer, packed: packed.base, transposed: transposed.base))
    let y = Memory(count: dy.count), rectified = Memory(count: dy.count)
    pool.run(WinogradProduct(layer: layer, images: f.images, input: x.base, packed: packed.base, bias: b.base, output: y.base))
    pool.run(WinogradProduct(layer: layer, images: f.images, input: x.base, packed: packed.base, bias: nil,
                             output: rectified.base, relu: true))
    let dx = Memory(count: x.count), partial = Memory(count: layer.gradientCount)
    dx.base.update(repeating: 1, count: dx.count) // scatter adds
    let dw = Memory(count: w.count), db = Memory(count: b.count)
    WinogradGradient(layer: layer, images: f.images, input: x.base, outputGradient: dy.base, transposed: transposed.base,
                     inputGradient: dx.base,
                     weights: WinogradGradient.Weights(gradient: dw.base, bias: db.base, scratch: partial.base)
    ).run(on: pool)
    // Without weights' sums the input gradient is the same.
    let alone = Memory(count: x.count)
    alone.base.update(repeating: 1, count: alone.count)
    WinogradGradient(layer: layer, images: f.images, input: x.base, outputGradient: dy.base, transposed: transposed.base,
                     inputGradient: alone.base, weights: nil).run(on: pool)
    #expect(alone.values == dx.values)
    for memory in [packed, transposed, y, rectified, dx, partial, dw, db] { #expect(memory.guardIsIntact) }
    return [y, rectified, dx, dw, db].map(\.values)
}
