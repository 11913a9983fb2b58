import Networks
import Tensors

extension Network {
    /// Raw maps [count, h, w] of a layer, signed, before the ReLU.
    ///
    /// - Parameters:
    ///   - labels: [count], receives the predicted classes; nil when not wanted.
    /// - Throws: `NetworkError.unknownLayer`, `.notAMap`, `.invalidImages`, `.invalidArgument` for classes.
    public func activationMaps(_ images: Images, layer: String, target: Target, method: ActivationMap,
                               into maps: UnsafeMutablePointer<Float>, labels: UnsafeMutablePointer<Int32>? = nil) throws {
        let shape = try mapShape(of: layer)
        let cells = shape.height * shape.width
        try explain(images, layers: [layer], target: target, labels: labels) { tap in
            try tap.withValues(of: layer, count: tap.count * shape.count) { activations, gradients in
                method.rawMaps(activations: activations, gradients: gradients, count: tap.count, cells: cells,
                               channels: shape.channels, maps: maps + tap.first * cells)
            }
        }
    }

    /// Grad-CAM of images [N, H, W, C]: raw maps [N, h, w].
    /// - Throws: as above.
    public func gradCAM(_ images: Tensor<Float>, layer: String, target: Target,
                        weights: GradCAM.ChannelWeights = .sum) throws -> Tensor<Float> {
        let shape = try mapShape(of: layer)
        return try Images.with(images) { images in
            var maps = Tensor<Float>(shape: [images.count, shape.height, shape.width])
            try maps.withUnsafeMutablePointer {
                try activationMaps(images, layer: layer, target: target, method: .gradCAM(weights), into: $0)
            }
            return maps
        }
    }
}
