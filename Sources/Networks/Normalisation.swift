import Kernels

/// Normalisation of the pixels, channel by channel: the network reads (x − mean) / deviation of a pixel x in 0 ... 1.
///
/// It belongs to the network, not to the images: whoever passes pictures in, or changes them to explain a decision,
/// works with pixels 0 ... 1, and gradients come back with respect to those.
public struct Normalisation: Sendable, Equatable {
    /// [channels]
    public let mean: [Float]
    /// [channels]
    public let deviation: [Float]

    /// - Throws: `NetworkError.invalidArgument` unless there are as many finite means as deviations above 0.
    public init(mean: [Float], deviation: [Float]) throws {
        guard mean.count == deviation.count else {
            throw NetworkError.invalidArgument("there are \(mean.count) means, but \(deviation.count) deviations")
        }
        for (channel, value) in mean.enumerated() where !value.isFinite {
            throw NetworkError.invalidArgument("mean[\(channel)] is \(value), but must be finite")
        }
        for (channel, value) in deviation.enumerated() where !(value > 0 && value.isFinite && (1 / value).isFinite) {
            throw NetworkError.invalidArgument("deviation[\(channel)] is \(value), but must be above 0 and finite")
        }
        self.mean = mean
        self.deviation = deviation
    }
}

/// A normalisation as the kernels read it: a scale and a shift for each float of an image's row.
final class RowScaling {
    let memory: Arena
    let scaling: PixelScaling

    /// - Throws: `NetworkError.outOfMemory`.
    init(_ normalisation: Normalisation, width: Int) throws {
        let channels = normalisation.mean.count, length = Arena.rounded(width * channels)
        memory = try Arena(count: 2 * length)
        for x in 0 ..< width * channels {
            let deviation = normalisation.deviation[x % channels]
            memory.base[x] = 1 / deviation
            memory.base[length + x] = -normalisation.mean[x % channels] / deviation
        }
        scaling = PixelScaling(scale: memory.base, shift: memory.base + length)
    }
}
