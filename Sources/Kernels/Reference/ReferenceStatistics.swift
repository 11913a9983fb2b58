extension Reference {
    /// Mean and variance (divided by the number of pixels) of each channel over all images.
    public static func channelStatistics<T: BinaryFloatingPoint>(_ x: ReferenceImages<T>) -> (mean: [T], variance: [T]) {
        let pixels = T(x.values.count / x.channels)
        var mean = [T](repeating: 0, count: x.channels), variance = mean
        for (i, value) in x.values.enumerated() { mean[i % x.channels] += value / pixels }
        for (i, value) in x.values.enumerated() {
            let difference = value - mean[i % x.channels]
            variance[i % x.channels] += difference * difference / pixels
        }
        return (mean, variance)
    }
}
