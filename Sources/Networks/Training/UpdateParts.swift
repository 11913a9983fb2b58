import Kernels

/// The parts in which an update passes over a network's flat memory: the same for any number of threads.
final class UpdateParts {
    let parts: UnsafeBufferPointer<UpdatePart>

    /// - Parameters:
    ///   - head: the last layer with weights.
    ///   - decaysVectors, headRate: see `TrainingSettings`.
    init(layout: ParameterLayout, head: String?, decaysVectors: Bool, headRate: Float) {
        func treatment(_ parameter: Parameter) -> Treatment {
            Treatment(decays: parameter.decays(vectorsToo: decaysVectors), rate: parameter.layer == head ? headRate : 1)
        }
        var parts: [UpdatePart] = []
        // Neighbours that are treated alike are one stretch, with the gap of zeros between them.
        var start = 0
        let parameters = layout.parameters
        for (index, parameter) in parameters.enumerated() {
            let own = treatment(parameter)
            let next = index + 1 < parameters.count ? parameters[index + 1] : nil
            if let next, treatment(next) == own { continue }
            let end = next?.offset ?? layout.flatCount
            parts += UpdatePart.cut(start ..< end, decays: own.decays, rate: own.rate)
            start = end
        }
        let memory = UnsafeMutableBufferPointer<UpdatePart>.allocate(capacity: parts.count)
        _ = memory.initialize(from: parts)
        self.parts = UnsafeBufferPointer(memory)
    }

    deinit { parts.deallocate() }

    private struct Treatment: Equatable {
        let decays: Bool
        let rate: Float
    }
}

extension Parameter {
    /// Running statistics have no gradient; without decay the update leaves them alone, and only averages them.
    fileprivate func decays(vectorsToo: Bool) -> Bool { isTrained && (vectorsToo || shape.rank > 1) }
}
