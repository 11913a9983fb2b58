import Kernels
import Testing

@Suite("Masking")
struct MaskingTests {
    @Test("moments agree with the reference", arguments: [1, 2, 5], [1, 3, 17, 255, 256, 300])
    func moments(images: Int, pixels: Int) { check(images: images, pixels: pixels, unit: 1) }

    @Test("values whose squares Float cannot hold", arguments: [1e-37, 1e-30, 1e25, 1e36] as [Float], [1, 2])
    func farValues(unit: Float, images: Int) { check(images: images, pixels: 17, unit: unit) }

    /// Values 0 ... `unit`, and sums that begin at as much.
    private func check(images: Int, pixels: Int, unit: Float) {
        let maskCount = 37
        let random = Philox(seed: 3, purpose: .weights)
        let numbers = (0 ..< maskCount * pixels + images * maskCount).map { Philox.unit(random.block(UInt64($0)).x) }
        let slack = [Float](repeating: .nan, count: Buffers.slack / 4)
        let masks = Array(numbers[..<(maskCount * pixels)]) + slack, values = numbers[(maskCount * pixels)...].map { $0 * unit }
        let units = [Double(unit), Double(unit), Double(unit) * Double(unit)]
        var sums = (0 ..< images * 3 * pixels).map { units[$0 / pixels % 3] }
        values.withUnsafeBufferPointer { values in
            masks.withUnsafeBufferPointer { masks in
                sums.withUnsafeMutableBufferPointer { sums in
                    ThreadPool.shared.run(MaskMoments(
                        values: values.baseAddress!, images: images, masks: masks.baseAddress!, maskCount: maskCount,
                        pixels: pixels, sums: sums.baseAddress!))
                }
            }
        }
        for image in 0 ..< images {
            let expected = Reference.maskMoments(
                values: values[(image * maskCount) ..< (image + 1) * maskCount].map(Double.init),
                masks: masks[..<(maskCount * pixels)].map(Double.init), pixels: pixels)
            for i in expected.indices {
                let unit = units[i / pixels]
                #expect(abs(sums[image * 3 * pixels + i] - unit - expected[i]) < 2e-5 * unit)
            }
        }
    }

    @Test("images under masks, into the interior of a border", arguments: [1, 3])
    func masked(channels: Int) {
        // Two images of 2 x 3, three masks; numbers 2, 3, 4: image 0 under mask 2, image 1 under masks 0 and 1.
        let size = 2 * 3 * channels
        let images = Memory((0 ..< 2 * size).map { Double($0 + 1) }), masks = Memory((0 ..< 3 * 7).map { Double($0) })
        let rowStep = 3 * channels + 2, imageStep = 2 * rowStep + 5
        let output = Memory([Double](repeating: -1, count: 3 * imageStep))
        ThreadPool.shared.run(MaskedImages(numbers: 2 ..< 5, images: images.base, masks: masks.base, maskCount: 3, maskStep: 7,
                                           rows: 2, columns: 3, channels: channels, output: output.base,
                                           outputRowStep: rowStep, outputImageStep: imageStep))
        for (part, number) in [(0, 2), (1, 3), (2, 4)] {
            for y in 0 ..< 2 {
                for x in 0 ..< 3 * channels {
                    let pixel = images.base[number / 3 * size + y * 3 * channels + x]
                    let mask = masks.base[number % 3 * 7 + y * 3 + x / channels]
                    #expect(output.base[part * imageStep + y * rowStep + x] == pixel * mask)
                }
                #expect(output.base[part * imageStep + y * rowStep + 3 * channels] == -1)
            }
        }
        #expect(output.guardIsIntact)
    }
}
