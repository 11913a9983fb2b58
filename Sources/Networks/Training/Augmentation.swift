import Kernels

/// Random changes to the images of a training run, drawn anew for each image in each epoch; see `AugmentedLoading`.
///
/// What is drawn depends on (seed, epoch, image) only: not on the batch, the threads, or where a run was interrupted.
public struct Augmentation: Sendable, Equatable {
    /// Largest shift along either axis, pixels: a crop at a random place of the image with a black border this wide.
    public var crop: Int
    /// Whether images are mirrored left to right in every other epoch, half of them in each.
    public var flip: Bool
    /// Side of a blanked square, pixels (DeVries & Taylor, "Improved regularization of convolutional neural networks with
    /// cutout", 2017).
    public var cutout: Int
    /// Largest rotation, degrees.
    public var rotation: Float

    public init(crop: Int = 0, flip: Bool = false, cutout: Int = 0, rotation: Float = 0) {
        self.crop = crop
        self.flip = flip
        self.cutout = cutout
        self.rotation = rotation
    }

    var changesNothing: Bool { self == Augmentation() }

    var kernelChanges: AugmentedLoading.Changes {
        AugmentedLoading.Changes(crop: crop, flip: flip, cutout: cutout, rotation: rotation * .pi / 180)
    }

    /// - Throws: `NetworkError.invalidArgument` when a change is too large for images of this shape.
    public func validate(for image: MapShape) throws {
        let side = min(image.height, image.width)
        func check(_ valid: Bool, _ name: String, _ value: some CustomStringConvertible, _ wanted: String) throws {
            if !valid { throw NetworkError.invalidArgument("\(name) is \(value), but must be \(wanted)") }
        }
        let size = "for images of \(image.height)x\(image.width)"
        try check((0 ..< side).contains(crop), "crop", crop, "0 ... \(side - 1) \(size)")
        try check((0 ... side).contains(cutout), "cutout", cutout, "0 ... \(side) \(size)")
        try check(rotation >= 0 && rotation <= 180, "rotation", rotation, "0 ... 180 degrees")
    }
}

extension Images {
    /// Copies the images out as a training run with this seed sees them in an epoch, before normalisation:
    /// [count, height, width, channels].
    /// - Throws: `NetworkError.invalidArgument` as `Augmentation.validate`.
    public func read(augmentedBy augmentation: Augmentation, seed: UInt64, epoch: Int,
                     into target: UnsafeMutablePointer<Float>) throws {
        try augmentation.validate(for: shape)
        ThreadPool.shared.run(AugmentedLoading(
            loading(indices: nil, count: count, output: target, rowStep: shape.width * shape.channels,
                    imageStep: shape.count, scaling: nil),
            channels: shape.channels, changes: augmentation.kernelChanges,
            seed: seed, epoch: epoch))
    }

    func loading(indices: UnsafePointer<Int32>?, count: Int, output: UnsafeMutablePointer<Float>, rowStep: Int,
                 imageStep: Int, scaling: PixelScaling?) -> ImageLoading {
        ImageLoading(
            pixels: pixels == .uint8 ? .uint8 : .float32, source: data, indices: indices, images: count,
            rows: shape.height, rowLength: shape.width * shape.channels, output: output, outputRowStep: rowStep,
            outputImageStep: imageStep, scaling: scaling)
    }
}
