// The moving average of the weights: what is validated, kept as best, and left in the network at the end.

extension Trainer {
    /// Puts the averaged weights into the network; does nothing where none are kept. The run can go on only from its
    /// own weights, so they are to be saved before.
    public func restoreAverage() {
        guard let average else { return }
        network.parameters.base.update(from: average.base, count: average.count)
        network.parametersChanged()
    }

    /// Runs `body` with the averaged weights in the network, where they are kept.
    func withAverage<Result>(_ body: () throws -> Result) rethrows -> Result {
        exchange()
        defer { exchange() }
        return try body()
    }

    private func exchange() {
        guard let average else { return }
        let a = average.base, b = network.parameters.base
        for i in 0 ..< average.count { (a[i], b[i]) = (b[i], a[i]) }
        network.parametersChanged()
    }

    /// Rate of the average's update at step number `step`: 1 − min(decay, (1 + step) / (10 + step)). A young average
    /// follows the weights closely, so that the first ones are soon forgotten (as TensorFlow's
    /// `ExponentialMovingAverage` with `num_updates`).
    static func averageRate(decay: Float, step: Int) -> Float {
        1 - min(decay, Float(1 + step) / Float(10 + step))
    }
}
