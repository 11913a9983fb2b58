#if canImport(Glibc)
import Glibc
#elseif canImport(Darwin)
import Darwin
#endif

extension Philox {
    /// Four independent standard normal numbers from a block's words (Box & Muller 1958); within ±6.
    ///
    /// Two uniform numbers u in (0, 1] and v in [0, 1) give √(−2 ln u) · (cos 2πv, sin 2πv).
    public static func normals(_ words: SIMD4<UInt32>) -> SIMD4<Float> {
        let (a, b) = pair(words.x, words.y), (c, d) = pair(words.z, words.w)
        return SIMD4(a, b, c, d)
    }

    private static func pair(_ first: UInt32, _ second: UInt32) -> (Float, Float) {
        let radius = (-2 * log((Double(first >> 8) + 1) * 0x1p-24)).squareRoot()
        let angle = 2 * Double.pi * Double(second >> 8) * 0x1p-24
        return (Float(radius * cos(angle)), Float(radius * sin(angle)))
    }
}
