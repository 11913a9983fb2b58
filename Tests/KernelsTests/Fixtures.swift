import Testing
@testable import Kernels

/// Engine memory for a test: aligned, with NaN in the slack, and a guard behind it that must not be written to.
final class Memory {
    let count: Int
    let base: UnsafeMutablePointer<Float>
    private static let guardFloats = 32

    init(count: Int) {
        self.count = count
        let memory = UnsafeMutableRawPointer.allocate(byteCount: (count + Self.guardFloats) * 4, alignment: Buffers.alignment)
        base = memory.assumingMemoryBound(to: Float.self)
        base.initialize(repeating: .nan, count: count + Self.guardFloats)
    }

    convenience init(_ values: [Double]) {
        self.init(count: values.count)
        for (i, value) in values.enumerated() { base[i] = Float(value) }
    }

    deinit { base.deallocate() }

    var values: [Float] { Array(UnsafeBufferPointer(start: base, count: count)) }
    var guardIsIntact: Bool { (count ..< count + Self.guardFloats).allSatisfy { base[$0].isNaN } }
}

/// Repeatable numbers in -1 ..< 1 that a Float holds exactly.
final class Numbers {
    private let random: Philox
    private var position: UInt64 = 0

    init(seed: UInt64) { random = Philox(seed: seed, purpose: .weights) }

    func values(_ count: Int) -> [Double] {
        (0 ..< count).map { _ in
            position += 1
            return Double(2 * Philox.unit(random.block(position).x) - 1)
        }
    }

    func images(_ count: Int, _ height: Int, _ width: Int, _ channels: Int) -> ReferenceImages<Double> {
        ReferenceImages(count: count, height: height, width: width, channels: channels,
                        values: values(count * height * width * channels))
    }
}

/// Sums of `terms` products of numbers within ±1: every step rounds a partial sum of about √terms / 3, by at most
/// 2⁻²⁴ of it, and the errors add up like a random walk: about 2⁻²⁴ · terms / 3.
func expectClose(_ got: [Float], _ wanted: [Double], terms: Int = 1, allowance: Double = 1, _ what: Comment? = nil,
                 sourceLocation: SourceLocation = #_sourceLocation) {
    #expect(got.count == wanted.count, what, sourceLocation: sourceLocation)
    let tolerance = allowance * 0x1p-24 * (8 + Double(terms) / 2)
    let worst = zip(got, wanted).map { abs(Double($0) - $1) / max(1, abs($1)) }.max { a, b in b.isNaN || a < b } ?? 0
    #expect(worst <= tolerance, what, sourceLocation: sourceLocation)
}
