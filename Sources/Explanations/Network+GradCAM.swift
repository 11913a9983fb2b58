import Evidential
import Networks
import Tensors

/// The scalar of each image that is explained.
public enum Target: Sendable {
    /// Logit of the class with the largest logit; the first of equals.
    case predicted
    /// Logit of a class given for each image.
    case classes([Int])
    /// The uncertainty u = K/S, by the evidence function the network was trained with.
    case uncertainty(EvidenceFunction)
}

extension Network {
    /// Grad-CAM before the ReLU: raw maps Σ_k w_k A^k [count, h, w] of a layer, signed, in the target's units.
    ///
    /// - Parameters:
    ///   - labels: [count], receives the predicted classes; nil when not wanted.
    /// - Throws: `NetworkError.unknownLayer`, `.notAMap`, `.invalidImages`, `.invalidArgument` for classes.
    public func gradCAM(_ images: Images, layer: String, target: Target, weights: GradCAM.ChannelWeights,
                        into maps: UnsafeMutablePointer<Float>, labels: UnsafeMutablePointer<Int32>? = nil) throws {
        let shape = try mapShape(of: layer)
        let cells = shape.height * shape.width
        try explain(images, layers: [layer], target: target) { tap in
            tap.withValues(of: layer, count: tap.count * shape.count) { activations, gradients in
                GradCAM.rawMaps(activations: activations, gradients: gradients, count: tap.count, h: shape.height,
                                w: shape.width, channels: shape.channels, weights: weights, maps: maps + tap.first * cells)
            }
            if let labels {
                for image in 0 ..< tap.count {
                    labels[tap.first + image] = Int32(Self.largest(tap.logits + image * classes, classes))
                }
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
                try gradCAM(images, layer: layer, target: target, weights: weights, into: $0)
            }
            return maps
        }
    }

    /// Runs images through the network and the gradient of a target back to the named layers; `visit` reads both there.
    /// - Throws: `NetworkError`.
    public func explain(_ images: Images, layers: [String], target: Target, visit: (Tap) throws -> Void) throws {
        if case .classes(let wanted) = target {
            guard wanted.count == images.count else {
                throw NetworkError.invalidArgument("there are \(wanted.count) target classes for \(images.count) images")
            }
            for (image, label) in wanted.enumerated() where label < 0 || label >= classes {
                throw NetworkError.invalidArgument(
                    "target class \(label) of image \(image) is not one of 0 ... \(classes - 1)")
            }
        }
        try explain(images, layers: layers, seed: { tap, gradient in
            switch target {
            case .uncertainty(let function):
                Opinions.uncertaintyGradient(tap.logits, count: tap.count, classes: classes, function: function,
                                             into: gradient)
            case .predicted:
                oneHot(tap, gradient) { Self.largest(tap.logits + $0 * classes, classes) }
            case .classes(let wanted):
                oneHot(tap, gradient) { wanted[tap.first + $0] }
            }
        }, visit: visit)
    }

    /// The gradient of one logit per image: 1 there, 0 elsewhere.
    private func oneHot(_ tap: Tap, _ gradient: UnsafeMutablePointer<Float>, _ label: (Int) -> Int) {
        gradient.update(repeating: 0, count: tap.count * classes)
        for image in 0 ..< tap.count { gradient[image * classes + label(image)] = 1 }
    }

    private static func largest(_ logits: UnsafePointer<Float>, _ classes: Int) -> Int {
        var best = 0
        for k in 1 ..< classes where logits[k] > logits[best] { best = k }
        return best
    }
}

extension Network.Tap {
    /// Lends a layer's activations and gradient, `count` floats each, copied only where they must be.
    fileprivate func withValues(of layer: String, count: Int,
                                _ body: (UnsafePointer<Float>, UnsafePointer<Float>) -> Void) {
        if let (activations, gradient) = inPlace(layer) { return body(activations, gradient) }
        var activations = [Float](repeating: 0, count: count), gradient = activations
        self.activations(of: layer, into: &activations)
        self.gradient(of: layer, into: &gradient)
        body(activations, gradient)
    }
}
