import Kernels

/// The parts in which an update passes over a network's flat memory: the same for any number of threads.
final class UpdateParts {
    let parts: UnsafeBufferPointer<UpdatePart>

    /// - Parameter decaysVectors: whether weight decay also meets parameters of one axis: biases, and the scales and
    ///   shifts of normalisation.
    init(layout: ParameterLayout, decaysVectors: Bool) {
        var parts: [UpdatePart] = []
        // Neighbours that are treated alike are one stretch, with the gap of zeros between them.
        var start = 0
        let parameters = layout.parameters
        for (index, parameter) in parameters.enumerated() {
            let decays = parameter.decays(vectorsToo: decaysVectors)
            let next = index + 1 < parameters.count ? parameters[index + 1] : nil
            if let next, next.decays(vectorsToo: decaysVectors) == decays { continue }
            let end = next?.offset ?? layout.flatCount
            parts += UpdatePart.cut(start ..< end, decays: decays)
            start = end
        }
        let memory = UnsafeMutableBufferPointer<UpdatePart>.allocate(capacity: parts.count)
        _ = memory.initialize(from: parts)
        self.parts = UnsafeBufferPointer(memory)
    }

    deinit { parts.deallocate() }
}

extension Parameter {
    /// Running statistics have no gradient; without decay the update leaves them alone, and only averages them.
    fileprivate func decays(vectorsToo: Bool) -> Bool { isTrained && (vectorsToo || shape.rank > 1) }
}
