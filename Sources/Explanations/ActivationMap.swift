/// Methods that draw a map from one layer's activations A and the target's gradients g = ∂y/∂A there.
///
/// Maps are signed, before the ReLU their papers end with, and in the target's units unless said otherwise; all sums over
/// cells run in `Double`. Where a paper divides by a sum that is 0, the term is 0. Grad-CAM++ and XGrad-CAM divide by
/// sums of activations and so are meant for layers behind a ReLU, where these cannot cancel.
public enum ActivationMap: Sendable {
    /// Σ_k w_k A^k, w_k the gradients' sum or mean over the map (Selvaraju et al. 2017); see `GradCAM`.
    case gradCAM(GradCAM.ChannelWeights)
    /// Σ_k g^k ⊙ A^k (Draelos & Carin 2020).
    case hiResCAM
    /// Σ_k max(g^k, 0) ⊙ A^k (Jiang et al. 2021).
    case layerCAM
    /// Σ_k w_k A^k, w_k = Σ_ij α_ij max(g_ij, 0), α_ij = g_ij² / (2 g_ij² + g_ij³ Σ_ab A_ab) (Chattopadhay et al. 2018),
    /// whose derivatives of higher order are those of exp(y) with y linear in A; the factor exp(y) of w is left out.
    case gradCAMPlusPlus
    /// Σ_k w_k A^k, w_k = Σ_ij A_ij g_ij / Σ_ab A_ab (Fu et al. 2020).
    case xGradCAM
    /// A v, v the first right singular vector of A [h w, channels], not centred (Muhammad & Yeasin 2020). It knows no
    /// target and has no sign of its own: that with which the map adds up to more than 0 is taken.
    case eigenCAM

    /// Raw maps [count, cells] of activations and gradients [count, cells, channels].
    func rawMaps(activations: UnsafePointer<Float>, gradients: UnsafePointer<Float>, count: Int, cells: Int,
                 channels: Int, maps: UnsafeMutablePointer<Float>) {
        if case .gradCAM(let weights) = self {
            return GradCAM.rawMaps(activations: activations, gradients: gradients, count: count, h: cells, w: 1,
                                   channels: channels, weights: weights, maps: maps)
        }
        nonisolated(unsafe) let activations = activations, gradients = gradients, maps = maps
        ForEachImage.run(count) { images in
            for image in images {
                let size = cells * channels
                let layer = LayerValues(activations: activations + image * size, gradients: gradients + image * size,
                                        cells: cells, channels: channels)
                draw(layer, maps + image * cells)
            }
        }
    }

    private func draw(_ layer: LayerValues, _ map: UnsafeMutablePointer<Float>) {
        switch self {
        case .gradCAM: preconditionFailure("drawn by GradCAM")
        case .hiResCAM: layer.addUp(into: map) { $0 * $1 }
        case .layerCAM: layer.addUp(into: map) { $0 * max($1, 0) }
        case .gradCAMPlusPlus:
            let total = layer.channelSums { a, _ in a }
            // g²/(2 g² + g³ ΣA) = 1/(2 + g ΣA) wherever g is not 0.
            layer.draw(weights: layer.channelSums(of: total) { total, _, g in
                let divisor = 2 + g * total
                return g > 0 && divisor != 0 ? g / divisor : 0
            }, into: map)
        case .xGradCAM:
            let total = layer.channelSums { a, _ in a }, product = layer.channelSums { $0 * $1 }
            layer.draw(weights: zip(product, total).map { $1 == 0 ? 0 : $0 / $1 }, into: map)
        case .eigenCAM:
            layer.draw(weights: layer.firstSingularVector(), into: map)
        }
    }
}

/// One image's activations and gradients at a layer, [cells, channels].
struct LayerValues {
    let activations: UnsafePointer<Float>
    let gradients: UnsafePointer<Float>
    let cells: Int
    let channels: Int

    /// Σ_k term(A, g) at each cell.
    func addUp(into map: UnsafeMutablePointer<Float>, _ term: (Double, Double) -> Double) {
        for cell in 0 ..< cells {
            var sum = 0.0
            for i in cell * channels ..< (cell + 1) * channels { sum += term(Double(activations[i]), Double(gradients[i])) }
            map[cell] = Float(sum)
        }
    }

    /// Σ_ij term(A, g) of each channel.
    func channelSums(_ term: (Double, Double) -> Double) -> [Double] {
        channelSums(of: [Double](repeating: 0, count: channels)) { term($1, $2) }
    }

    /// Σ_ij term(c, A, g) of each channel with its c.
    func channelSums(of constants: [Double], _ term: (Double, Double, Double) -> Double) -> [Double] {
        var sums = [Double](repeating: 0, count: channels)
        for cell in 0 ..< cells {
            for k in 0 ..< channels {
                let i = cell * channels + k
                sums[k] += term(constants[k], Double(activations[i]), Double(gradients[i]))
            }
        }
        return sums
    }

    /// Σ_k w_k A^k.
    func draw(weights: [Double], into map: UnsafeMutablePointer<Float>) {
        for cell in 0 ..< cells {
            var sum = 0.0
            for k in 0 ..< channels { sum += weights[k] * Double(activations[cell * channels + k]) }
            map[cell] = Float(sum)
        }
    }

    /// The unit vector v that makes |A v| largest, by power iteration: v ← AᵀA v / |AᵀA v|; zeros where A is zero. The closer
    /// the second singular value is to the first, the less the vector is defined and the longer it takes; it stops after
    /// `rounds`.
    func firstSingularVector(rounds: Int = 2000) -> [Double] {
        // Entries of one sign and all different: nothing a layer does is orthogonal to them.
        var vector = (0 ..< channels).map { 1 + Double($0) / Double(channels) }
        var next = vector
        // AᵀA once, where it is small and its rounds are much cheaper than those by A.
        let square = channels <= 64 && channels < cells ? self.square() : nil
        for _ in 0 ..< rounds {
            if let square { Self.multiply(square, vector, into: &next) } else { multiplyTwice(vector, into: &next) }
            let length = next.reduce(0) { $0 + $1 * $1 }.squareRoot()
            guard length > 0 else { return [Double](repeating: 0, count: channels) }
            var change = 0.0
            for k in 0 ..< channels {
                next[k] /= length
                change = max(change, abs(next[k] - vector[k]))
            }
            swap(&vector, &next)
            if change < 1e-10 { break }
        }
        let total = zip(vector, channelSums { a, _ in a }).reduce(0) { $0 + $1.0 * $1.1 }
        return total < 0 ? vector.map { -$0 } : vector
    }

    /// AᵀA, [channels, channels].
    private func square() -> [Double] {
        var square = [Double](repeating: 0, count: channels * channels)
        for cell in 0 ..< cells {
            let row = activations + cell * channels
            for j in 0 ..< channels where row[j] != 0 {
                for k in 0 ..< channels { square[j * channels + k] += Double(row[j]) * Double(row[k]) }
            }
        }
        return square
    }

    private static func multiply(_ square: [Double], _ vector: [Double], into target: inout [Double]) {
        for j in vector.indices {
            target[j] = vector.indices.reduce(0) { $0 + square[j * vector.count + $1] * vector[$1] }
        }
    }

    /// AᵀA v as Σ a (a · v) over the cells' activations a: AᵀA itself would have channels² numbers, terabytes where a user asks
    /// for a million channels.
    private func multiplyTwice(_ vector: UnsafePointer<Double>, into target: UnsafeMutablePointer<Double>) {
        target.update(repeating: 0, count: channels)
        for cell in 0 ..< cells {
            let row = activations + cell * channels, product = Self.dot(row, vector, channels)
            for k in 0 ..< channels { target[k] += product * Double(row[k]) }
        }
    }

    /// a · v in four partial sums, for speed: each sum waits for its last addition.
    private static func dot(_ a: UnsafePointer<Float>, _ v: UnsafePointer<Double>, _ count: Int) -> Double {
        var sums = SIMD4<Double>(), k = 0
        while k &+ 4 <= count {
            sums += SIMD4(Double(a[k]), Double(a[k &+ 1]), Double(a[k &+ 2]), Double(a[k &+ 3]))
                * UnsafeRawPointer(v + k).loadUnaligned(as: SIMD4<Double>.self)
            k &+= 4
        }
        while k < count {
            sums[0] += Double(a[k]) * v[k]
            k &+= 1
        }
        return sums.sum()
    }
}
