/// Philox4x32-10, a counter-based generator: the n-th block of a stream is computed from (key, n) alone, so any part of
/// a stream can be made by any thread, and a run that resumes needs no saved state.
///
/// Salmon, Moraes, Dror & Shaw, "Parallel random numbers: as easy as 1, 2, 3", SC 2011.
public struct Philox: Sendable {
    /// What a stream is for. Streams of different purpose never share numbers.
    public enum Purpose: UInt32, Sendable {
        case weights = 1
        case shuffle = 2
        case dropout = 3
        case masks = 4
        case noise = 5
        case augmentation = 6
    }

    let key: SIMD2<UInt32>
    let stream: UInt32
    let purpose: UInt32

    /// - Parameters:
    ///   - seed: the user's seed.
    ///   - purpose: what the numbers are for.
    ///   - index: which stream of that purpose, e.g. the layer or epoch.
    public init(seed: UInt64, purpose: Purpose, index: Int = 0) {
        key = SIMD2(UInt32(truncatingIfNeeded: seed), UInt32(truncatingIfNeeded: seed >> 32))
        self.purpose = purpose.rawValue
        stream = UInt32(truncatingIfNeeded: index)
    }

    /// Four random words: block `position` of the stream, which must be below 2^48; `purpose` and the stream's index
    /// fill the rest of the counter.
    @inline(__always)
    public func block(_ position: UInt64) -> SIMD4<UInt32> {
        let high = UInt32(truncatingIfNeeded: position >> 32) &+ purpose << 16
        return Self.rounds(counter: SIMD4(UInt32(truncatingIfNeeded: position), high, stream, 0), key: key)
    }

    /// The ten rounds.
    @inline(__always)
    static func rounds(counter: SIMD4<UInt32>, key: SIMD2<UInt32>) -> SIMD4<UInt32> {
        var c = counter, k = key
        for round in 0 ..< 10 {
            if round > 0 { k = k &+ SIMD2(0x9E37_79B9, 0xBB67_AE85) }
            let p0 = 0xD251_1F53 &* UInt64(c.x), p1 = 0xCD9E_8D57 &* UInt64(c.z)
            c = SIMD4(UInt32(truncatingIfNeeded: p1 >> 32) ^ c.y ^ k.x, UInt32(truncatingIfNeeded: p1),
                      UInt32(truncatingIfNeeded: p0 >> 32) ^ c.w ^ k.y, UInt32(truncatingIfNeeded: p0))
        }
        return c
    }

    /// Uniform in 0 ..< bound, without bias worth mention: the error is below bound / 2^64.
    @inline(__always)
    public func integer(_ position: UInt64, below bound: Int) -> Int {
        let words = block(position)
        let random = UInt64(words.x) << 32 | UInt64(words.y)
        return Int(truncatingIfNeeded: random.multipliedFullWidth(by: UInt64(bound)).high)
    }

    /// Uniform in 0 ..< 1, on a grid of 2^-24.
    @inline(__always)
    public static func unit(_ word: UInt32) -> Float { Float(word >> 8) * 0x1p-24 }

    /// Fills `indices` with a permutation of 0 ..< count (Fisher-Yates).
    public func shuffle(_ indices: UnsafeMutablePointer<Int32>, count: Int) {
        for i in 0 ..< count { indices[i] = Int32(truncatingIfNeeded: i) }
        var i = count &- 1
        while i > 0 {
            let j = integer(UInt64(i), below: i &+ 1)
            let other = indices[j]
            indices[j] = indices[i]
            indices[i] = other
            i &-= 1
        }
    }
}
