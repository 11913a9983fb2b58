extension Reference {
    /// Σ v m, Σ v m² and Σ (v m)² over masks m [maskCount, pixels] with values v [maskCount]; see `MaskMoments`.
    public static func maskMoments<Number: BinaryFloatingPoint>(values: [Number], masks: [Number], pixels: Int) -> [Number] {
        var sums = [Number](repeating: 0, count: 3 * pixels)
        for (m, v) in values.enumerated() {
            for p in 0 ..< pixels {
                let mask = masks[m * pixels + p]
                sums[p] += v * mask
                sums[pixels + p] += v * mask * mask
                sums[2 * pixels + p] += v * mask * v * mask
            }
        }
        return sums
    }
}
