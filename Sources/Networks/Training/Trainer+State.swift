// Saving and resuming.

extension Trainer {
    /// Arrays that belong to a run's state, besides the network's parameters.
    public enum State: Sendable {
        /// First moment (Adam) or velocity (SGD).
        case firstMoment
        case secondMoment
        case bestParameters
        /// The moving average of the parameters.
        case averageParameters
    }

    /// Copies a state array out, as long as all parameters together. Best parameters that were never kept, and an average
    /// where none is made, are the current ones; a second moment that the optimiser does not have is 0.
    public func read(_ state: State, into values: UnsafeMutablePointer<Float>) {
        if let arena = arena(state) {
            network.layout.gather(arena.base, into: values)
        } else if state == .secondMoment {
            values.update(repeating: 0, count: network.layout.count)
        } else {
            network.layout.gather(network.parameters.base, into: values)
        }
    }

    /// Sets a state array.
    /// - Throws: `NetworkError.invalidArgument` when a value is NaN or infinite, or negative as no variance and no second moment
    ///   can be, or an average or second moment is set where none is made; `.outOfMemory`.
    public func write(_ state: State, from values: UnsafePointer<Float>) throws {
        var first = 0
        for parameter in network.layout.parameters {
            let least: Float = switch state {
            case .firstMoment: -.infinity
            case .secondMoment: 0
            case .bestParameters, .averageParameters: parameter.least
            }
            for i in first ..< first + parameter.shape.count where !values[i].isFinite || values[i] < least {
                throw NetworkError.invalidArgument("the training state holds \(values[i]) at element \(i)")
            }
            first += parameter.shape.count
        }
        if state == .bestParameters, best == nil { best = try Arena(count: network.layout.flatCount) }
        guard let arena = arena(state) else {
            throw NetworkError.invalidArgument(
                state == .secondMoment ? "the optimiser has no second moment"
                    : "average_decay is 0: this training keeps no average of the weights")
        }
        network.layout.scatter(values, into: arena.base)
    }

    private func arena(_ state: State) -> Arena? {
        switch state {
        case .firstMoment: first
        case .secondMoment: second
        case .bestParameters: best
        case .averageParameters: average
        }
    }
}
