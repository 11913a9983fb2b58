import Evidential
import Networks

/// The scalar of each image that is explained: a quantity, and whose it is.
public struct Target: Sendable {
    public enum Classes: Sendable {
        /// The class with the largest logit, the first of equals; of the image as it is, not of a changed one.
        case predicted
        /// A class for each image.
        case given([Int])
    }

    public var quantity: Quantity
    /// Not read where the quantity belongs to no class.
    public var classes: Classes

    public init(_ quantity: Quantity, of classes: Classes = .predicted) {
        self.quantity = quantity
        self.classes = classes
    }

    /// Logit of the predicted class.
    public static let predicted = Target(.logit)
    /// Logit of a class given for each image.
    public static func classes(_ labels: [Int]) -> Target { Target(.logit, of: .given(labels)) }

    /// - Throws: `NetworkError.invalidArgument` unless there is one existing class for each image.
    func check(images: Int, classes: Int) throws {
        guard case .given(let wanted) = self.classes else { return }
        guard wanted.count == images else {
            throw NetworkError.invalidArgument("there are \(wanted.count) target classes for \(images) images")
        }
        for (image, label) in wanted.enumerated() where label < 0 || label >= classes {
            throw NetworkError.invalidArgument("target class \(label) of image \(image) is not one of 0 ... \(classes - 1)")
        }
    }

    /// The target of some of the images.
    func slice(_ images: Range<Int>) -> Target {
        guard case .given(let wanted) = classes else { return self }
        return Target(quantity, of: .given(Array(wanted[images])))
    }

    /// The class meant in an image with these logits [classes].
    func label(image: Int, logits: UnsafePointer<Float>, classes: Int) -> Int {
        if case .given(let wanted) = self.classes { return wanted[image] }
        return Self.largest(logits, classes)
    }

    static func largest(_ logits: UnsafePointer<Float>, _ classes: Int) -> Int {
        var best = 0
        for k in 1 ..< classes where logits[k] > logits[best] { best = k }
        return best
    }
}

extension Quantity {
    /// ∂value/∂z [classes] of one image, as the way back through a network begins.
    func writeGradient(_ logits: UnsafePointer<Float>, classes: Int, label: Int, into gradient: UnsafeMutablePointer<Float>) {
        withUnsafeTemporaryAllocation(of: Double.self, capacity: classes) { slopes in
            _ = evaluate(logits, classes: classes, label: label, gradient: slopes.baseAddress!)
            for k in 0 ..< classes { gradient[k] = Float(slopes[k]) }
        }
    }
}

extension Network {
    /// Runs images through the network and the gradient of a target back to the named layers; `visit` reads both there.
    ///
    /// - Parameter labels: [count], receives the predicted classes; nil when not wanted.
    /// - Throws: `NetworkError`.
    public func explain(_ images: Images, layers: [String], target: Target, labels: UnsafeMutablePointer<Int32>? = nil,
                        visit: (Tap) throws -> Void) throws {
        try target.check(images: images.count, classes: classes)
        try explain(images, layers: layers, seed: { tap, gradient in
            for image in 0 ..< tap.count {
                let logits = tap.logits + image * classes
                let label = target.label(image: tap.first + image, logits: logits, classes: classes)
                target.quantity.writeGradient(logits, classes: classes, label: label, into: gradient + image * classes)
                labels?[tap.first + image] = Int32(Target.largest(logits, classes))
            }
        }, visit: visit)
    }
}

extension Network.Tap {
    /// Lends a layer's activations and gradient, `count` floats each, copied only where they must be.
    /// - Throws: `NetworkError.outOfMemory`.
    func withValues(of layer: String, count: Int, _ body: (UnsafePointer<Float>, UnsafePointer<Float>) -> Void) throws {
        if let (activations, gradient) = inPlace(layer) { return body(activations, gradient) }
        let activations = try Arena(count: count), gradient = try Arena(count: count)
        self.activations(of: layer, into: activations.base)
        self.gradient(of: layer, into: gradient.base)
        withExtendedLifetime((activations, gradient)) { body(activations.base, gradient.base) }
    }
}
