import Kernels
import Tensors

extension Network {
    /// Logits [count, classes] of a batch of any size, in passes of bounded memory.
    /// - Throws: `NetworkError`.
    public func logits(_ images: Images, into logits: UnsafeMutablePointer<Float>) throws {
        try check(images)
        let plan = try plan(.inference, images: capacity(for: images.count))
        for first in stride(from: 0, to: images.count, by: plan.capacity) {
            let pass = Pass(images: min(plan.capacity, images.count - first))
            load(images.slice(from: first, count: pass.images), into: plan, pass: pass)
            try plan.forward(pass, version: version)
            (logits + first * classes).update(from: plan.logits.activations, count: pass.images * classes)
        }
    }

    /// Logits [N, classes] of images [N, H, W, C].
    /// - Throws: `NetworkError`.
    public func logits(_ images: Tensor<Float>) throws -> Tensor<Float> {
        try Images.with(images) { images in
            var result = Tensor<Float>(shape: [images.count, classes])
            try result.withUnsafeMutablePointer { try logits(images, into: $0) }
            return result
        }
    }

    /// Where the images of one pass are written, as pixels 0 ... 1: [count, height, width, channels], rows and images some
    /// floats apart. A normalisation is applied afterwards.
    public struct Canvas: @unchecked Sendable {
        /// First float of the first image.
        public let pixels: UnsafeMutablePointer<Float>
        public let rowStep: Int
        public let imageStep: Int

        init(_ image: Value) {
            pixels = image.activations + image.interior
            rowStep = image.rowStep
            imageStep = image.imageStep
        }
    }

    /// Logits of images that are made where the network reads them, pass by pass.
    ///
    /// - Parameters:
    ///   - count: images in all.
    ///   - make: writes the images of a pass, whose numbers it is given.
    ///   - visit: reads the logits [those images, classes].
    /// - Throws: `NetworkError.outOfMemory`.
    public func logits(count: Int, make: (Range<Int>, Canvas) -> Void,
                       visit: (Range<Int>, UnsafePointer<Float>) -> Void) throws {
        let plan = try plan(.inference, images: capacity(for: count))
        for first in stride(from: 0, to: count, by: plan.capacity) {
            let pass = Pass(images: min(plan.capacity, count - first))
            let images = first ..< first + pass.images
            self.make(images, in: plan, pass: pass, make)
            try plan.forward(pass, version: version)
            visit(images, UnsafePointer(plan.logits.activations))
        }
    }

    /// One pass of at most `largestPass` images on which an explanation looks at layers from the inside; of the image
    /// itself it sees pixels 0 ... 1 and the gradient with respect to them, whatever the network's normalisation.
    public struct Tap {
        let network: Network
        let plan: Plan
        /// Images of this pass, and the number of its first.
        public let first: Int
        public let count: Int

        /// [count, classes], valid until the pass ends.
        public var logits: UnsafePointer<Float> { UnsafePointer(plan.logits.activations) }

        /// Copies a tapped layer's activations out: [count, h, w, channels].
        public func activations(of layer: String, into target: UnsafeMutablePointer<Float>) {
            let value = plan.value(layer)
            value.read(value.activations, images: count, into: target)
            if layer == Architecture.image { network.unscale(activations: target, count: count) }
        }

        /// A tapped layer's activations and gradient [count, h, w, channels] where they lie, valid until the pass ends;
        /// nil where a border stands between their rows or pixels were normalised, so that they must be copied.
        public func inPlace(_ layer: String) -> (activations: UnsafePointer<Float>, gradient: UnsafePointer<Float>)? {
            let value = plan.value(layer)
            guard value.border == Size(0), layer != Architecture.image || network.normalisation == nil else { return nil }
            return (UnsafePointer(value.activations), UnsafePointer(value.gradient!))
        }

        /// Copies the gradient with respect to a tapped layer out: [count, h, w, channels].
        public func gradient(of layer: String, into target: UnsafeMutablePointer<Float>) {
            let value = plan.value(layer)
            value.read(value.gradient!, images: count, into: target)
            if layer == Architecture.image { network.unscale(gradient: target, count: count) }
        }
    }

    /// Runs images through the network and the gradient of a scalar per image back to the named layers.
    ///
    /// - Parameters:
    ///   - layers: names of layers, or `Architecture.image`.
    ///   - seed: writes d(scalar)/d(logits), [count, classes], for the pass it is given.
    ///   - visit: reads the tapped activations and gradients.
    /// - Throws: `NetworkError`.
    public func explain(_ images: Images, layers: [String],
                        seed: (Tap, UnsafeMutablePointer<Float>) throws -> Void,
                        visit: (Tap) throws -> Void) throws {
        try check(images)
        try explain(count: images.count, layers: layers, load: { plan, pass, first in
            load(images.slice(from: first, count: pass.images), into: plan, pass: pass)
        }, seed: seed, visit: visit)
    }

    /// The same for images that `make` writes where the network reads them.
    public func explain(count: Int, layers: [String], make: (Range<Int>, Canvas) -> Void,
                        seed: (Tap, UnsafeMutablePointer<Float>) throws -> Void,
                        visit: (Tap) throws -> Void) throws {
        try explain(count: count, layers: layers, load: { plan, pass, first in
            self.make(first ..< first + pass.images, in: plan, pass: pass, make)
        }, seed: seed, visit: visit)
    }

    private func explain(count: Int, layers: [String], load: (Plan, Pass, Int) -> Void,
                         seed: (Tap, UnsafeMutablePointer<Float>) throws -> Void,
                         visit: (Tap) throws -> Void) throws {
        for layer in layers where layer != Architecture.image { _ = try shape(of: layer) }
        let plan = try plan(.explanation(taps: layers), images: capacity(for: count))
        for first in stride(from: 0, to: count, by: plan.capacity) {
            let pass = Pass(images: min(plan.capacity, count - first))
            let tap = Tap(network: self, plan: plan, first: first, count: pass.images)
            load(plan, pass, first)
            try plan.forward(pass, version: version)
            try seed(tap, plan.logits.gradient!)
            try plan.backward(pass)
            try visit(tap)
        }
    }
}
