import Kernels
import Testing

@Suite("Masking")
struct MaskingTests {
    @Test("moments agree with the reference", arguments: [1, 2, 5], [1, 3, 17, 255, 256, 300])
    func moments(images: Int, pixels: Int) {
        let maskCount = 37
        let random = Philox(seed: 3, purpose: .weights)
        let numbers = (0 ..< maskCount * pixels + images * maskCount).map { Philox.unit(random.block(UInt64($0)).x) }
        let slack = [Float](repeating: .nan, count: Buffers.slack / 4)
        let masks = Array(numbers[..<(maskCount * pixels)]) + slack, values = Array(numbers[(maskCount * pixels)...])
        var sums = [Double](repeating: 1, count: images * 3 * pixels)
        ThreadPool.shared.run(MaskMoments(values: values, images: images, masks: masks, maskCount: maskCount,
                                          pixels: pixels, sums: &sums))
        for image in 0 ..< images {
            let expected = Reference.maskMoments(
                values: values[(image * maskCount) ..< (image + 1) * maskCount].map(Double.init),
                masks: masks[..<(maskCount * pixels)].map(Double.init), pixels: pixels)
            for i in expected.indices { #expect(abs(sums[image * 3 * pixels + i] - 1 - expected[i]) < 2e-5) }
        }
    }

    @Test("images under masks, into the interior of a border", arguments: [1, 3])
    func masked(channels: Int) {
        // Two images of 2 x 3, three masks; numbers 2, 3, 4: image 0 under mask 2, image 1 under masks 0 and 1.
        let size = 2 * 3 * channels
        let images = (0 ..< 2 * size).map { Float($0 + 1) }, masks = (0 ..< 3 * 7).map { Float($0) }
        let rowStep = 3 * channels + 2, imageStep = 2 * rowStep + 5
        var output = [Float](repeating: -1, count: 3 * imageStep)
        ThreadPool.shared.run(MaskedImages(numbers: 2 ..< 5, images: images, masks: masks, maskCount: 3, maskStep: 7,
                                           rows: 2, columns: 3, channels: channels, output: &output,
                                           outputRowStep: rowStep, outputImageStep: imageStep))
        for (part, number) in [(0, 2), (1, 3), (2, 4)] {
            for y in 0 ..< 2 {
                for x in 0 ..< 3 * channels {
                    let expected = images[number / 3 * size + y * 3 * channels + x] * masks[number % 3 * 7 + y * 3 + x / channels]
                    #expect(output[part * imageStep + y * rowStep + x] == expected)
                }
                #expect(output[part * imageStep + y * rowStep + 3 * channels] == -1)
            }
        }
    }
}
