import Kernels

/// Prints the rounding error of minimal filtering, root mean square over the results', and how many times that of the
/// direct sums it is.
///
/// Inputs are like activations after a ReLU, weights and output gradients normal around 0. Compared with sums in
/// `Double`, for some of the outputs and weights.
func reportErrors(_ product: Product, x: UnsafeMutablePointer<Float>, w: UnsafeMutablePointer<Float>,
                  y: UnsafeMutablePointer<Float>, gradient: UnsafeMutablePointer<Float>) {
    guard isWanted("\(product.name) Winograd error") else { return }
    let direct = product.layer, tiles = WinogradLayer(direct, kernel: product.kernel), pool = ThreadPool.shared
    let images = min(product.images, 4)
    var random = Normals()
    for i in 0 ..< product.inputCount { x[i] = max(0, random.next()) }
    for i in 0 ..< product.weightCount { w[i] = random.next() }
    let dy = buffer(product.outputCount)
    for i in 0 ..< product.outputCount { dy[i] = random.next() }
    let packed = buffer(direct.productWeightCount), points = buffer(tiles.productWeightCount)
    let scratch = buffer(max(direct.packedGradientCount(images: images), tiles.gradientCount(ofWeights: true)))
    pool.run(ProductPacking(layer: direct, weights: w, packed: packed))
    pool.run(WinogradPacking(layer: tiles, weights: w, packed: points))

    pool.run(WindowProduct(layer: direct, images: images, input: x, packed: packed, bias: nil, output: y))
    let directForward = product.outputError(x: x, w: w, y: y)
    pool.run(WinogradProduct(layer: tiles, images: images, input: x, packed: points, bias: nil, output: y))
    let forward = product.outputError(x: x, w: w, y: y)

    let packing = GradientPacking(layer: direct, images: images, outputGradient: dy, packed: scratch)
    pool.run(packing)
    let work = WindowGradient(packing: packing, input: x, weightGradient: gradient, biasGradient: nil)
    pool.run(work)
    pool.run(WeightReduction(gradient: work))
    let directWeights = product.weightError(images, x: x, dy: dy, gradient: gradient)
    WinogradGradient(
        layer: tiles, images: images, input: x, outputGradient: dy, scratch: scratch, toInput: nil,
        toWeights: WinogradGradient.Weights(gradient: gradient, bias: nil)
    ).run(on: pool)
    let weights = product.weightError(images, x: x, dy: dy, gradient: gradient)

    func report(_ pass: String, _ error: Double, _ direct: Double) {
        print(row(product.name + ", Winograd", pass, "\(rounded(error * 1e9))e-9", "x\(rounded(error / direct))", ""))
    }
    report("error", forward, directForward)
    report("weights' error", weights, directWeights)
    for memory in [dy, packed, points, scratch] { memory.deallocate() }
}

extension Product {
    /// Of the first image's first row of outputs.
    fileprivate func outputError(x: UnsafePointer<Float>, w: UnsafePointer<Float>, y: UnsafePointer<Float>) -> Double {
        var error = SquareSums()
        for column in 0 ..< columns {
            for n in 0 ..< outputs {
                var sum = 0.0
                for tap in 0 ..< kernel * kernel {
                    let place = (tap / kernel * width + column + tap % kernel) * channels
                    for c in 0 ..< channels { sum += Double(x[place + c]) * Double(w[(tap * channels + c) * outputs + n]) }
                }
                error.add(Double(y[column * outputs + n]), sum)
            }
        }
        return error.relative
    }

    /// Of the first input channel's weights.
    fileprivate func weightError(_ images: Int, x: UnsafePointer<Float>, dy: UnsafePointer<Float>,
                                 gradient: UnsafePointer<Float>) -> Double {
        var error = SquareSums()
        for tap in 0 ..< kernel * kernel {
            for n in 0 ..< outputs {
                var sum = 0.0
                for window in 0 ..< images * rows * columns {
                    let (image, place) = window.quotientAndRemainder(dividingBy: rows * columns)
                    let row = place / columns + tap / kernel, column = place % columns + tap % kernel
                    sum += Double(x[((image * height + row) * width + column) * channels]) * Double(dy[window * outputs + n])
                }
                error.add(Double(gradient[tap * channels * outputs + n]), sum)
            }
        }
        return error.relative
    }
}

private struct SquareSums {
    private var error = 0.0, truth = 0.0
    mutating func add(_ got: Double, _ wanted: Double) {
        error += (got - wanted) * (got - wanted)
        truth += wanted * wanted
    }
    var relative: Double { (error / truth).squareRoot() }
}

/// Nearly normal numbers: sums of twelve uniform ones.
private struct Normals {
    private var state: UInt64 = 1
    mutating func next() -> Float {
        var sum: Float = -6
        for _ in 0 ..< 12 {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            sum += Float(state >> 40) * 0x1p-24
        }
        return sum
    }
}
