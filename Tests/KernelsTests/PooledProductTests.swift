import Testing
@testable import Kernels

@Suite(.serialized) struct PooledProductTests {
    @Test(arguments: [1, 3, 40]) func givesTheBitsOfConvolutionAndPoolingInTurn(images: Int) {
        for kernel in [3, 5] {
            let f = WindowFixture(convolution: WindowCase(images: images, height: 11, width: 12, channels: 8, outputs: 19,
                                                          kernel: (kernel, kernel)))
            let x = f.framedInput(), w = Memory(f.weights), b = Memory(f.bias)
            let packed = Memory(count: f.layer.productWeightCount)
            ThreadPool.shared.run(ProductPacking(layer: f.layer, weights: w.base, packed: packed.base))
            compare(f) {
                WindowProduct(layer: f.layer, images: images, input: x.base, packed: packed.base, bias: b.base, output: $0)
            }
            let tiles = WinogradLayer(f.layer, kernel: kernel)
            let points = Memory(count: tiles.productWeightCount)
            ThreadPool.shared.run(WinogradPacking(layer: tiles, weights: w.base, packed: points.base))
            compare(f) {
                WinogradProduct(layer: tiles, images: images, input: x.base, packed: points.base, bias: b.base, output: $0)
            }
        }
    }

    private func compare(_ f: WindowFixture, _ product: (UnsafeMutablePointer<Float>) -> some ImageProduct) {
        let pool = ThreadPool.shared, geometry = f.layer.geometry, outputs = f.layer.outputs
        let rows = geometry.rows / 2, columns = geometry.columns / 2
        let shape = PoolingShape(
            channels: outputs, kernel: (2, 2), stride: (2, 2), rows: rows, columns: columns,
            inputRowStep: geometry.columns * outputs, inputImageStep: geometry.rows * geometry.columns * outputs,
            outputRowStep: columns * outputs, outputImageStep: rows * columns * outputs)
        let between = Memory(count: f.images * shape.inputImageStep)
        let wanted = Memory(count: f.images * shape.outputImageStep), got = Memory(count: wanted.count)
        pool.run(product(between.base))
        pool.run(MaxPooling(shape: shape, images: f.images, input: between.base, output: wanted.base,
                            winners: nil, relu: true))
        let unread = Memory(count: 1)
        pool.run(PooledProduct(
            product: product(unread.base),
            pooling: MaxPooling(shape: shape, images: f.images, input: unread.base, output: got.base,
                                winners: nil, relu: true)))
        #expect(got.values == wanted.values)
        #expect(got.guardIsIntact && unread.values[0].isNaN)
    }
}
