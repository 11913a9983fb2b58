import Kernels

/// Prints a line for each pass of a convolution by minimal filtering, in operations of the direct sums: what it saves
/// shows as a share of the limit that may lie beyond 100%.
func measureWinograd(_ product: Product, limit: Double) {
    let layer = WinogradLayer(product.layer, kernel: product.kernel)
    guard !product.isLinear, product.stride == 1, layer.pays(images: product.images) else { return }
    let pool = ThreadPool.shared, images = product.images
    let x = buffer(product.inputCount), w = buffer(product.weightCount), y = buffer(product.outputCount)
    let dx = buffer(product.inputCount), bias = buffer(product.outputs), gradient = buffer(product.weightCount)
    let packed = buffer(layer.productWeightCount)
    let scratch = buffer(layer.gradientCount(ofWeights: true))
    pool.run(WinogradPacking(layer: layer, weights: w, packed: packed))
    func report(_ pass: String, passes: Double = 1, floats: Int, _ body: () -> Void) {
        guard isWanted("\(product.name) Winograd \(pass)") else { return }
        let seconds = median(body), speed = passes * product.operations / seconds / 1e9
        print(row(product.name + ", Winograd", pass, rounded(speed), "\(Int((100 * speed / limit).rounded()))%",
                  rounded(Double(floats) * 4 / 1e6), milliseconds(seconds)))
    }
    let all = product.inputCount + product.weightCount + product.outputCount
    report("forward", floats: all) {
        let forward = WinogradProduct(layer: layer, images: images, input: x, packed: packed, bias: bias, output: y, relu: true)
        if layer.isWide {
            WideWinogradProduct(forward, scratch: scratch).run(on: pool)
        } else {
            pool.run(forward)
        }
    }
    let toInput = WinogradGradient.Input(gradient: dx, packed: packed)
    let toWeights = WinogradGradient.Weights(gradient: gradient, bias: bias)
    func gradients(_ toInput: WinogradGradient.Input?, _ toWeights: WinogradGradient.Weights?) {
        WinogradGradient(layer: layer, images: images, input: x, outputGradient: y, scratch: scratch, toInput: toInput,
                         toWeights: toWeights).run(on: pool)
    }
    report("input gradient", floats: all + product.inputCount) { gradients(toInput, nil) }
    report("weight gradient", floats: all) { gradients(nil, toWeights) }
    report("both gradients", passes: 2, floats: all + 2 * product.inputCount) { gradients(toInput, toWeights) }
    reportErrors(product, x: x, w: w, y: y, gradient: gradient)
    for memory in [x, w, y, dx, bias, gradient, packed, scratch] { memory.deallocate() }
}
