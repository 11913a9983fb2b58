/// Grad-CAM: a layer's activations, each channel weighted by how the target depends on it (the paper, section 3;
/// Selvaraju et al. 2017).
///
/// Activations A and gradients ∂y/∂A of the target y are channels last, `[count, h, w, channels]`.
public enum GradCAM {
    /// The weight of channel k, from the gradients of its h · w cells.
    public enum ChannelWeights: Sendable {
        /// w_k = Σ_ij ∂y/∂A^k_ij (the paper, eq. 6).
        case sum
        /// w_k = 1/(h w) Σ_ij ∂y/∂A^k_ij, as in the original Grad-CAM. Heatmaps are the same after normalising.
        case mean
    }

    /// Raw maps Σ_k w_k A^k, before the ReLU: signed, in the target's units (times h w for `.sum`).
    ///
    /// Gradients of a channel partly cancel, so w_k is summed in `Double`; the sum over channels runs in `Float`, in an
    /// order that is the same at every instruction-set level. Allocates per part, not per image.
    ///
    /// - Parameters:
    ///   - activations: `[count, h, w, channels]`.
    ///   - gradients: `[count, h, w, channels]`.
    ///   - maps: `[count, h, w]`, receives the raw maps; must not overlap the inputs.
    public static func rawMaps(
        activations: UnsafePointer<Float>, gradients: UnsafePointer<Float>, count: Int, h: Int, w: Int, channels: Int,
        weights: ChannelWeights, maps: UnsafeMutablePointer<Float>
    ) {
        let cells = h * w
        let scale = weights == .mean ? 1 / Double(cells) : 1
        ForEachImage.run(count) { images in
            withUnsafeTemporaryAllocation(of: Double.self, capacity: channels) { sums in
                withUnsafeTemporaryAllocation(of: Float.self, capacity: channels) { weights in
                    for image in images {
                        let first = image * cells * channels
                        sumGradients(gradients + first, cells: cells, into: sums)
                        for channel in 0 ..< channels {
                            weights.initializeElement(at: channel, to: Float(sums[channel] * scale))
                        }
                        for cell in 0 ..< cells {
                            maps[image * cells + cell] = dot(
                                UnsafePointer(weights.baseAddress!), activations + first + cell * channels, channels)
                        }
                    }
                }
            }
        }
    }

    /// Heatmaps at the layer's resolution: negative values to zero (the ReLU), then each map divided by its maximum.
    ///
    /// A map without a positive value says that nothing speaks for the target: it becomes exactly zero and is
    /// reported, never stretched to fill 0 ... 1.
    ///
    /// - Parameters:
    ///   - raw: `[count, cells]`, finite.
    ///   - heatmaps: `[count, cells]`, receives 0 ... 1, with 1 at the maximum; may be the memory of `raw`.
    ///   - isEmpty: `[count]`, receives whether the map has no positive value; nil when not wanted.
    public static func normalise(
        _ raw: UnsafePointer<Float>, count: Int, cells: Int, heatmaps: UnsafeMutablePointer<Float>,
        isEmpty: UnsafeMutablePointer<Bool>? = nil
    ) {
        for image in 0 ..< count {
            let raw = raw + image * cells
            let heatmap = heatmaps + image * cells
            var largest: Float = 0
            for cell in 0 ..< cells where raw[cell] > largest { largest = raw[cell] }
            isEmpty?[image] = largest == 0
            // Divides rather than multiply by 1/largest, which is infinite for the smallest maps.
            for cell in 0 ..< cells { heatmap[cell] = raw[cell] > 0 ? raw[cell] / largest : 0 }
        }
    }

    /// Σ over the cells of one image's gradients `[cells, channels]`, for each channel.
    private static func sumGradients(
        _ gradients: UnsafePointer<Float>, cells: Int, into sums: UnsafeMutableBufferPointer<Double>
    ) {
        sums.initialize(repeating: 0)
        let channels = sums.count
        let sums = sums.baseAddress!
        for cell in 0 ..< cells {
            let gradient = gradients + cell * channels
            for channel in 0 ..< channels { sums[channel] += Double(gradient[channel]) }
        }
    }

    /// Σ_k a_k b_k in eight partial sums. The width is part of the result's last bits, so it is not the level's.
    @inline(__always)
    private static func dot(_ a: UnsafePointer<Float>, _ b: UnsafePointer<Float>, _ count: Int) -> Float {
        var sums = SIMD8<Float>(repeating: 0)
        var k = 0
        while k &+ 8 <= count {
            sums += UnsafeRawPointer(a + k).loadUnaligned(as: SIMD8<Float>.self)
                * UnsafeRawPointer(b + k).loadUnaligned(as: SIMD8<Float>.self)
            k &+= 8
        }
        var rest: Float = 0
        while k < count {
            rest += a[k] * b[k]
            k &+= 1
        }
        let quarters = sums.lowHalf + sums.highHalf
        let halves = quarters.lowHalf + quarters.highHalf
        return halves.x + halves.y + rest
    }
}

extension GradCAM {
    /// Raw maps Σ_k w_k A^k of a batch.
    ///
    /// - Parameters:
    ///   - activations: `[count, h, w, channels]`; its length must be a multiple of `h * w * channels`.
    ///   - gradients: as long as `activations`.
    ///   - h: rows of a map, at least 1.
    ///   - w: columns of a map, at least 1.
    ///   - channels: at least 1.
    /// - Returns: `[count, h, w]`, signed, in the target's units (times h w for `.sum`).
    public static func rawMaps(
        activations: [Float], gradients: [Float], h: Int, w: Int, channels: Int, weights: ChannelWeights
    ) -> [Float] {
        precondition(h >= 1 && w >= 1 && channels >= 1, "\(h) x \(w) cells of \(channels) channels")
        precondition(activations.count == gradients.count,
                     "\(activations.count) activations, \(gradients.count) gradients")
        precondition(activations.count.isMultiple(of: h * w * channels),
                     "\(activations.count) activations are not whole images of \(h) x \(w) x \(channels)")
        let count = activations.count / (h * w * channels)
        var maps = [Float](repeating: 0, count: count * h * w)
        maps.withUnsafeMutableBufferPointer {
            guard let maps = $0.baseAddress else { return }
            rawMaps(activations: activations, gradients: gradients, count: count, h: h, w: w, channels: channels,
                    weights: weights, maps: maps)
        }
        return maps
    }

    /// Heatmaps 0 ... 1 of raw maps `[count, cells]`, and for each whether it is empty (no positive value, all zero).
    ///
    /// - Parameters:
    ///   - raw: `[count, cells]`, finite; its length must be a multiple of `cells`.
    ///   - cells: h · w, at least 1.
    public static func normalise(_ raw: [Float], cells: Int) -> (heatmaps: [Float], isEmpty: [Bool]) {
        precondition(cells >= 1 && raw.count.isMultiple(of: cells), "\(raw.count) values are not maps of \(cells)")
        let count = raw.count / cells
        var heatmaps = raw
        var isEmpty = [Bool](repeating: false, count: count)
        heatmaps.withUnsafeMutableBufferPointer { heatmaps in
            isEmpty.withUnsafeMutableBufferPointer { isEmpty in
                guard let map = heatmaps.baseAddress else { return }
                normalise(map, count: count, cells: cells, heatmaps: map, isEmpty: isEmpty.baseAddress)
            }
        }
        return (heatmaps, isEmpty)
    }
}
