import Testing
@testable import Kernels

/// Lengths within one vector, across several, and around the boundaries of parts (4096 and 16384 elements).
let flatLengths = Array(1 ... 70) + [4095, 4096, 4097, 16383, 16384, 16385, 40_001]

@Suite(.serialized) struct ElementwiseTests {
    private let random = Numbers(seed: 4)
    private let pool = ThreadPool.shared

    @Test(arguments: flatLengths) func rectifying(count: Int) {
        var x = random.values(count)
        x[0] = 0
        let input = Memory(x), y = Memory(count: count), dy = Memory(random.values(count)), dx = Memory(random.values(count))
        let before = dx.values
        pool.run(Rectify(count: count, input: input.base, output: y.base))
        #expect(y.values == x.map { Float(max($0, 0)) })
        pool.run(RectifyGradient(count: count, output: y.base, outputGradient: dy.base, inputGradient: dx.base))
        #expect(dx.values == (0 ..< count).map { before[$0] + (x[$0] > 0 ? dy.values[$0] : 0) })
        let masked = dy.values.indices.map { x[$0] > 0 ? dy.base[$0] : 0 }
        pool.run(RectifyMask(count: count, output: y.base, gradient: dy.base))
        #expect(dy.values == masked)
        #expect(y.guardIsIntact && dx.guardIsIntact && dy.guardIsIntact)
    }

    @Test(arguments: flatLengths) func accumulating(count: Int) {
        let source = Memory(random.values(count)), target = Memory(random.values(count))
        let wanted = zip(source.values, target.values).map { $0 + $1 }
        pool.run(Accumulate(count: count, source: source.base, target: target.base))
        #expect(target.values == wanted && target.guardIsIntact)
        pool.run(Clear(count: count, target: target.base))
        #expect(target.values.allSatisfy { $0 == 0 } && target.guardIsIntact)
    }

    @Test(arguments: flatLengths) func summing(count: Int) {
        let a = Memory(random.values(count)), b = Memory(random.values(count)), y = Memory(count: count)
        let wanted = zip(a.values, b.values).map { $0 + $1 }
        pool.run(Sum(count: count, first: a.base, second: b.base, output: y.base, relu: false))
        #expect(y.values == wanted && y.guardIsIntact)
        pool.run(Sum(count: count, first: a.base, second: b.base, output: y.base, relu: true))
        #expect(y.values == wanted.map { max($0, 0) } && y.guardIsIntact)
        // In the place of what is added, as where a branch is done last.
        pool.run(Sum(count: count, first: a.base, second: b.base, output: a.base, relu: false))
        #expect(a.values == wanted && a.guardIsIntact)
    }

    @Test(arguments: flatLengths) func droppingOut(count: Int) {
        let rate: Float = 0.3
        let philox = Philox(seed: 9, purpose: .dropout, index: 2)
        let x = Memory(random.values(count)), y = Memory(count: count), kept = Memory(count: count)
        pool.run(Dropout(count: count, rate: rate, random: philox, firstBlock: 1000, input: x.base, output: y.base,
                         kept: kept.base))
        for i in 0 ..< count {
            let word = philox.block(1000 + UInt64(i / 4))[i % 4]
            #expect(kept.base[i] == (Philox.unit(word) < rate ? 0 : 1 / (1 - rate)))
            #expect(y.base[i] == x.base[i] * kept.base[i])
        }
        let dy = Memory(random.values(count)), dx = Memory(random.values(count))
        let wanted = (0 ..< count).map { Double(dx.base[$0]) + Double(dy.base[$0]) * Double(kept.base[$0]) }
        pool.run(DropoutGradient(count: count, kept: kept.base, outputGradient: dy.base, inputGradient: dx.base))
        expectClose(dx.values, wanted)
        #expect(y.guardIsIntact && kept.guardIsIntact && dx.guardIsIntact)
    }

    @Test func dropoutKeepsItsShare() {
        let count = 100_000
        let x = Memory([Double](repeating: 1, count: count)), y = Memory(count: count), kept = Memory(count: count)
        for rate in [Float(0), 0.2, 0.5, 0.9] {
            pool.run(Dropout(count: count, rate: rate, random: Philox(seed: 1, purpose: .dropout), firstBlock: 0,
                             input: x.base, output: y.base, kept: kept.base))
            let share = Double(y.values.count { $0 != 0 }) / Double(count)
            let deviation = (Double(rate) * Double(1 - rate) / Double(count)).squareRoot()
            #expect(abs(share - Double(1 - rate)) <= 4 * deviation + 1e-7)
        }
    }
}

@Suite(.serialized) struct ImageLoadingTests {
    @Test(arguments: [1, 2, 15, 16, 17, 40]) func chosenImagesLandInsideTheBorder(images: Int) {
        let rows = 3, rowLength = 8, stored = 50
        let bytes = (0 ..< stored * rows * rowLength).map { UInt8(truncatingIfNeeded: $0 &* 37) }
        let floats = bytes.map { Float($0) / 255 }
        let indices = (0 ..< images).map { Int32(($0 * 7 + 3) % stored) }
        for chosen in [nil, indices] {
            let wanted = (0 ..< images).map { image -> [Float] in
                let first = (chosen.map { Int($0[image]) } ?? image) * rows * rowLength
                return Array(floats[first ..< first + rows * rowLength])
            }
            for pixels in [ImageLoading.Pixels.uint8, .float32] {
                let target = Memory(count: images * (rows + 2) * (rowLength + 4))
                target.base.update(repeating: -1, count: target.count)
                let rowStep = rowLength + 4, imageStep = rowStep * (rows + 2)
                load(pixels, bytes, floats, chosen, images, rows, rowLength, target.base + rowStep + 2, rowStep, imageStep)
                for n in 0 ..< images {
                    for y in 0 ..< rows + 2 {
                        for x in 0 ..< rowStep {
                            let inside = (1 ... rows).contains(y) && (2 ..< 2 + rowLength).contains(x)
                            let value = inside ? wanted[n][(y - 1) * rowLength + x - 2] : -1
                            #expect(target.base[n * imageStep + y * rowStep + x] == value)
                        }
                    }
                }
                #expect(target.guardIsIntact)
            }
        }
    }

    /// x · scale + shift with a pair of them for each float of a row; what lies between rows and images is left alone.
    @Test(arguments: [1, 2, 15, 16, 17, 40], [1, 3, 8, 15, 33]) func scalesInsideTheBorder(images: Int, rowLength: Int) {
        let random = Numbers(seed: 6), rows = 3, rowStep = rowLength + 5, imageStep = rowStep * (rows + 2) + 1
        let scale = Memory(random.values(rowLength)), shift = Memory(random.values(rowLength))
        let pixels = Memory(random.values(images * imageStep)), before = pixels.values
        ThreadPool.shared.run(ScaleImages(
            images: images, rows: rows, rowLength: rowLength, pixels: pixels.base + rowStep + 2, rowStep: rowStep,
            imageStep: imageStep, scaling: PixelScaling(scale: scale.base, shift: shift.base)))
        for i in before.indices {
            let (y, x) = (i % imageStep).quotientAndRemainder(dividingBy: rowStep)
            let isInside = (1 ... rows).contains(y) && (2 ..< 2 + rowLength).contains(x)
            guard isInside else {
                #expect(pixels.base[i] == before[i])
                continue
            }
            let wanted = Double(before[i]) * Double(scale.base[x - 2]) + Double(shift.base[x - 2])
            #expect(abs(Double(pixels.base[i]) - wanted) <= 0x1p-23)
        }
        #expect(pixels.guardIsIntact)
    }

    private func load(_ pixels: ImageLoading.Pixels, _ bytes: [UInt8], _ floats: [Float], _ chosen: [Int32]?, _ images: Int,
                      _ rows: Int, _ rowLength: Int, _ target: UnsafeMutablePointer<Float>, _ rowStep: Int, _ imageStep: Int) {
        bytes.withUnsafeBytes { bytes in
            floats.withUnsafeBytes { floats in
                (chosen ?? []).withUnsafeBufferPointer { indices in
                    ThreadPool.shared.run(ImageLoading(
                        pixels: pixels, source: pixels == .uint8 ? bytes.baseAddress! : floats.baseAddress!,
                        indices: chosen == nil ? nil : indices.baseAddress, images: images, rows: rows, rowLength: rowLength,
                        output: target, outputRowStep: rowStep, outputImageStep: imageStep))
                }
            }
        }
    }
}
