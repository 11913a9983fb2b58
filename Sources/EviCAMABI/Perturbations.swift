import CEviCAM
import EviCAM

/// The method that the C structure describes, for images of one shape.
private func method(_ pointer: UnsafePointer<evicam_perturbation>?, shape: MapShape) throws -> any Perturbation {
    let settings = try read(require(pointer, "perturbation"), \.struct_size, name: "perturbation",
                            first: MemoryLayout<evicam_perturbation>.size, empty: evicam_perturbation())
    func count(from least: Int64) throws -> Int {
        try require(settings.count, "perturbation.count", in: least ... Int64(UInt32.max))
    }
    func size(_ height: Int64, _ width: Int64, _ name: String) throws -> Size {
        Size(try require(height, "perturbation.\(name)_height", in: 1 ... 65536),
             try require(width, "perturbation.\(name)_width", in: 1 ... 65536))
    }
    func baseline() throws -> [Float] {
        guard let values = settings.baseline else { return [] }
        for i in 0 ..< shape.count where !values[i].isFinite {
            throw Failure.invalid("perturbation.baseline holds \(values[i]) at element \(i), but must be finite")
        }
        return Array(UnsafeBufferPointer(start: values, count: shape.count))
    }
    switch Int(settings.method) {
    case Int(EVICAM_PERTURBATION_RISE):
        let largest = Int64(min(shape.height, shape.width))
        let grid = try require(settings.grid, "perturbation.grid", in: 1 ... largest)
        guard settings.keep > 0, settings.keep < 1 else {
            throw Failure.invalid("perturbation.keep is \(settings.keep), but must be above 0 and below 1")
        }
        return RISE(maskCount: try count(from: 2), grid: grid, keep: settings.keep, seed: settings.seed)
    case Int(EVICAM_PERTURBATION_OCCLUSION):
        return Occlusion(patch: try size(settings.patch_height, settings.patch_width, "patch"),
                         stride: try size(settings.stride_height, settings.stride_width, "stride"), baseline: try baseline())
    case Int(EVICAM_PERTURBATION_INTEGRATED_GRADIENTS):
        return IntegratedGradients(steps: try count(from: 1), baseline: try baseline())
    case Int(EVICAM_PERTURBATION_SMOOTH_GRAD):
        try requireFinite(settings.noise, "perturbation.noise")
        guard settings.noise >= 0, settings.noise <= 1e6 else {
            throw Failure.invalid("perturbation.noise is \(settings.noise), but must be 0 ... 1e6")
        }
        return SmoothGrad(samples: try count(from: 1), noise: settings.noise, seed: settings.seed)
    default:
        throw Failure.invalid("perturbation.method is \(settings.method), but must be one of EVICAM_PERTURBATION_...")
    }
}

/// Sums of a method over a batch; both sizes were checked not to overflow.
private func sumCount(_ method: any Perturbation, _ images: Images) throws -> Int {
    // The largest sums, RISE's, are three doubles a pixel and image, and as many again.
    try requireProduct([images.count + 1, 3, images.shape.height * images.shape.width + 1], "the sums")
    return method.sumCount(images: images.count, shape: images.shape)
}

/// Opened for any method, so that `add` is called on the method itself.
private func add(_ method: some Perturbation, _ numbers: Range<Int>, of batch: PerturbedBatch,
                 to sums: UnsafeMutablePointer<Double>) throws {
    try method.add(numbers, of: batch, to: sums)
}

@c @implementation
public func evicam_perturbation_size(
    _ perturbation: UnsafePointer<evicam_perturbation>!, _ images: UnsafePointer<evicam_images>!,
    _ count: UnsafeMutablePointer<Int64>!, _ length: UnsafeMutablePointer<Int64>!,
    _ error: UnsafeMutablePointer<evicam_error>!
) -> evicam_status {
    call(error) {
        let count = try require(count, "count"), length = try require(length, "length")
        let images = try Images(images)
        let method = try method(perturbation, shape: images.shape)
        length.pointee = Int64(try sumCount(method, images))
        count.pointee = Int64(method.count(of: images.shape))
    }
}

@c @implementation
public func evicam_perturb(
    _ network: evicam_network, _ images: UnsafePointer<evicam_images>!, _ request: UnsafePointer<evicam_request>!,
    _ perturbation: UnsafePointer<evicam_perturbation>!, _ first: Int64, _ count: Int64,
    _ sums: UnsafeMutablePointer<Double>!, _ length: Int64, _ labels: UnsafeMutablePointer<Int32>!,
    _ values: UnsafeMutablePointer<Double>!, _ error: UnsafeMutablePointer<evicam_error>!
) -> evicam_status {
    call(error) {
        let sums = try require(sums, "sums")
        let images = try Images(images)
        let request = try Request(request, count: images.count)
        let method = try method(perturbation, shape: images.shape)
        let all = Int64(method.count(of: images.shape))
        let first = try require(first, "first", in: 0 ... all - 1)
        let count = try require(count, "count", in: 1 ... all - Int64(first))
        let wanted = try sumCount(method, images)
        guard length == wanted else { throw Failure.invalid("length is \(length), but must be \(wanted)") }
        try networks.find(network).use { network in
            let batch = try PerturbedBatch(network: network, images: images, target: request.target)
            try add(method, first ..< first + count, of: batch, to: sums)
            for image in 0 ..< images.count {
                labels?[image] = Int32(batch.predicted[image])
                values?[image] = batch.values[image]
            }
        }
    }
}

@c @implementation
public func evicam_perturbation_maps(
    _ perturbation: UnsafePointer<evicam_perturbation>!, _ images: UnsafePointer<evicam_images>!,
    _ sums: UnsafePointer<Double>!, _ length: Int64, _ values: UnsafePointer<Double>!, _ maps: UnsafeMutablePointer<Float>!,
    _ errors: UnsafeMutablePointer<Float>!, _ neutral: UnsafeMutablePointer<Float>!,
    _ error: UnsafeMutablePointer<evicam_error>!
) -> evicam_status {
    call(error) {
        let sums = try require(sums, "sums"), values = try require(values, "values"), maps = try require(maps, "maps")
        let images = try Images(images)
        let method = try method(perturbation, shape: images.shape)
        let wanted = try sumCount(method, images)
        guard length == wanted else { throw Failure.invalid("length is \(length), but must be \(wanted)") }
        errors?.update(repeating: 0, count: images.count * images.shape.height * images.shape.width)
        method.finish(sums, images: images.count, shape: images.shape, values: values,
                      into: PerturbationMaps(maps: maps, errors: errors, neutral: neutral))
    }
}
