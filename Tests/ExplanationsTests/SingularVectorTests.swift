import Testing
@testable import Explanations

/// Eigen-CAM's direction: the first right singular vector of a layer's activations.
@Suite("Singular vectors")
struct SingularVectorTests {
    private func vector(_ activations: [Float], cells: Int, channels: Int) -> [Double] {
        activations.withUnsafeBufferPointer {
            LayerValues(activations: $0.baseAddress!, gradients: $0.baseAddress!, cells: cells, channels: channels)
                .firstSingularVector()
        }
    }

    /// A = 8 u vᵀ + σ s tᵀ with unit vectors whose entries are ±1/√n: v is known, whatever σ < 8.
    @Test("of two known components", arguments: [(4, 8), (64, 4), (16, 128), (8, 32)], [0, 1.0, 5, 7])
    func known(size: (cells: Int, channels: Int), second: Double) {
        let (cells, channels) = size
        // Rows 2 and 1 of a Hadamard matrix; v has entries of both signs.
        func sign(_ row: Int, _ i: Int) -> Double { (row & i).nonzeroBitCount.isMultiple(of: 2) ? 1 : -1 }
        let scale = 1 / Double(cells * channels).squareRoot()
        let activations = (0 ..< cells * channels).map { i in
            let cell = i / channels, k = i % channels
            return Float(scale * (8 * sign(0, cell) * sign(2, k) + second * sign(1, cell) * sign(1, k)))
        }
        let found = vector(activations, cells: cells, channels: channels)
        // The one of the two signs for which the map adds up to more: A v = 8 u.
        for k in 0 ..< channels {
            #expect(abs(found[k] - sign(2, k) / Double(channels).squareRoot()) < 1e-6, "channel \(k)")
        }
    }

    /// [channels, channels] would be eight terabytes.
    @Test("of a million channels")
    func wide() {
        let channels = 1 << 20
        var activations = [Float](repeating: 0, count: 2 * channels)
        for k in 0 ..< channels { (activations[k], activations[channels + k]) = (k == 5 ? 3 : 0, k == 7 ? 1 : 0) }
        let found = vector(activations, cells: 2, channels: channels)
        #expect(abs(found[5] - 1) < 1e-9 && found.indices.allSatisfy { $0 == 5 || abs(found[$0]) < 1e-9 })
    }

    @Test("of nothing there is none")
    func none() { #expect(vector([Float](repeating: 0, count: 12), cells: 4, channels: 3) == [0, 0, 0]) }
}
