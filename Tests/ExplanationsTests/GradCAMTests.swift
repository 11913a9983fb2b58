import Explanations
import Testing

/// Numbers of both signs, the same on every run.
private func noise(_ count: Int, seed: UInt64) -> [Float] {
    var state = seed
    return (0 ..< count).map { _ in
        state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
        return Float(state >> 40) / Float(1 << 23) - 1
    }
}

/// Σ_k w_k A^k [count, cells] by the definition, in Double, and Σ_k |w_k A^k| as the scale of its rounding.
private func referenceMaps(
    _ activations: [Float], _ gradients: [Float], cells: Int, channels: Int, mean: Bool
) -> (maps: [Double], scales: [Double]) {
    let count = activations.count / (cells * channels)
    var maps = [Double](repeating: 0, count: count * cells), scales = maps
    for image in 0 ..< count {
        for channel in 0 ..< channels {
            func at(_ cell: Int) -> Int { (image * cells + cell) * channels + channel }
            let sum = (0 ..< cells).reduce(0.0) { $0 + Double(gradients[at($1)]) }
            let weight = mean ? sum / Double(cells) : sum
            for cell in 0 ..< cells {
                let term = weight * Double(activations[at(cell)])
                maps[image * cells + cell] += term
                scales[image * cells + cell] += abs(term)
            }
        }
    }
    return (maps, scales)
}

@Suite("Grad-CAM")
struct GradCAMTests {
    @Test("two channels by hand")
    func byHand() {
        // [1, 2, 2, 2]; gradients of channel 0 add up to 4, of channel 1 to −2.
        let activations: [Float] = [1, 0, 2, 1, 0, 3, 1, 1]
        let gradients: [Float] = [1, -1, 1, 0, 2, 0, 0, -1]
        #expect(GradCAM.rawMaps(activations: activations, gradients: gradients, h: 2, w: 2, channels: 2, weights: .sum)
            == [4, 6, -6, 2])
        #expect(GradCAM.rawMaps(activations: activations, gradients: gradients, h: 2, w: 2, channels: 2, weights: .mean)
            == [1, 1.5, -1.5, 0.5])
    }

    /// Channel numbers on both sides of the vector's width.
    @Test("agrees with the definition", arguments: [1, 3, 7, 8, 9, 16, 20, 50], [true, false])
    func reference(channels: Int, mean: Bool) {
        let count = 3, h = 5, w = 4
        let activations = noise(count * h * w * channels, seed: 1), gradients = noise(activations.count, seed: 2)
        let maps = GradCAM.rawMaps(activations: activations, gradients: gradients, h: h, w: w, channels: channels,
                                   weights: mean ? .mean : .sum)
        let expected = referenceMaps(activations, gradients, cells: h * w, channels: channels, mean: mean)
        #expect(maps.count == count * h * w)
        for index in maps.indices {
            #expect(abs(Double(maps[index]) - expected.maps[index]) <= 5e-7 * expected.scales[index])
        }
    }

    @Test("gradients that cancel leave only what is left")
    func cancellation() {
        // 10⁸ + 1 − 10⁸: a sum in Float would lose the 1.
        let maps = GradCAM.rawMaps(activations: [1, 1, 1], gradients: [1e8, 1, -1e8], h: 1, w: 3, channels: 1,
                                   weights: .sum)
        #expect(maps == [1, 1, 1])
    }

    @Test("no images, no maps")
    func noImages() {
        #expect(GradCAM.rawMaps(activations: [], gradients: [], h: 2, w: 2, channels: 3, weights: .sum).isEmpty)
        let none = GradCAM.normalise([], cells: 4)
        #expect(none.heatmaps.isEmpty && none.isEmpty.isEmpty)
    }

    @Test("sum and mean give the same heatmaps")
    func weightsDoNotChangeHeatmaps() {
        let activations = noise(2 * 4 * 4 * 6, seed: 3), gradients = noise(activations.count, seed: 4)
        let heatmaps = [GradCAM.ChannelWeights.sum, .mean].map {
            GradCAM.normalise(
                GradCAM.rawMaps(activations: activations, gradients: gradients, h: 4, w: 4, channels: 6, weights: $0),
                cells: 16)
        }
        #expect(heatmaps[0].isEmpty == [false, false])
        for (sum, mean) in zip(heatmaps[0].heatmaps, heatmaps[1].heatmaps) { #expect(abs(sum - mean) <= 1e-6) }
    }

    @Test("heatmaps are the positive part over its maximum, per image")
    func normalise() {
        let (heatmaps, isEmpty) = GradCAM.normalise([-1, 2, 4, 1, 0.5, 0.25, -8, 0], cells: 4)
        #expect(heatmaps == [0, 0.5, 1, 0.25, 1, 0.5, 0, 0])
        #expect(isEmpty == [false, false])
    }

    @Test("a map without a positive value stays zero and is reported")
    func emptyMaps() {
        let (heatmaps, isEmpty) = GradCAM.normalise([0, 0, 0, -3, -1, -2, 0, 1, 0], cells: 3)
        #expect(heatmaps == [0, 0, 0, 0, 0, 0, 0, 1, 0])
        #expect(isEmpty == [true, true, false])
    }

    @Test("the smallest and the largest maps are scaled like any other", arguments: [
        Float.leastNonzeroMagnitude, .leastNormalMagnitude, .greatestFiniteMagnitude,
    ])
    func extremes(_ largest: Float) {
        let (heatmaps, isEmpty) = GradCAM.normalise([largest, 0, -largest], cells: 3)
        #expect(heatmaps == [1, 0, 0])
        #expect(isEmpty == [false])
    }
}
