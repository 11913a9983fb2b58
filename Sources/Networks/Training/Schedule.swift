#if canImport(Glibc)
import Glibc
#elseif canImport(Darwin)
import Darwin
#endif

/// How the learning rate changes over a run, as a factor on the base rate.
public enum Schedule: Sendable, Equatable {
    case constant
    /// × `decay` after every `period` steps. The authors': 0.1 every 7 epochs.
    case step(period: Int, decay: Float)
    /// Half a cosine from 1 to 0 over `total` steps (Loshchilov & Hutter 2017, without restarts).
    case cosine(total: Int)
    /// Cosine up from 1/25 to 1 over the first 30% of `total` steps, then cosine down to 1/250,000 (Smith & Topin 2018).
    case oneCycle(total: Int)

    /// Factor for step number `step` = 0, 1, 2, …
    public func factor(step: Int) -> Float {
        switch self {
        case .constant:
            return 1
        case .step(let period, let decay):
            return Float(pow(Double(decay), Double(step / period)))
        case .cosine(let total):
            return Float(Self.cosine(from: 1, to: 0, progress: Double(step) / Double(total)))
        case .oneCycle(let total):
            let start = 1.0 / 25, end = start / 1e4, peak = 0.3 * Double(total)
            if Double(step) < peak { return Float(Self.cosine(from: start, to: 1, progress: Double(step) / peak)) }
            return Float(Self.cosine(from: 1, to: end, progress: (Double(step) - peak) / (Double(total) - peak)))
        }
    }

    /// Half a cosine between two values; the ends outside 0 ... 1.
    private static func cosine(from: Double, to: Double, progress: Double) -> Double {
        to + (from - to) * (1 + cos(.pi * min(max(progress, 0), 1))) / 2
    }
}
