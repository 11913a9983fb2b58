import CEviCAM
import EviCAM

/// What an explanation is asked for, read from the C structure.
private struct Request {
    let layer: String
    let target: Target
    let weights: GradCAM.ChannelWeights

    init(_ pointer: UnsafePointer<evicam_request>?, count: Int) throws {
        let request = try require(pointer, "request").pointee
        guard request.struct_size >= UInt64(MemoryLayout<evicam_request>.size) else {
            throw Failure.invalid("request.struct_size is \(request.struct_size), but must be sizeof(evicam_request)")
        }
        layer = try requireText(request.layer, "request.layer")
        switch Int(request.target) {
        case Int(EVICAM_TARGET_PREDICTED):
            target = .predicted
        case Int(EVICAM_TARGET_CLASS):
            let classes = try require(request.classes, "request.classes")
            target = .classes((0 ..< count).map { Int(classes[$0]) })
        case Int(EVICAM_TARGET_UNCERTAINTY):
            target = .uncertainty(try evidenceFunction(request.evidence, clip: request.evidence_clip,
                                                       name: "request.evidence"))
        default:
            throw Failure.invalid("request.target is \(request.target), but must be one of EVICAM_TARGET_...")
        }
        switch Int(request.weights) {
        case Int(EVICAM_WEIGHTS_SUM): weights = .sum
        case Int(EVICAM_WEIGHTS_MEAN): weights = .mean
        default:
            throw Failure.invalid("request.weights is \(request.weights), but must be one of EVICAM_WEIGHTS_...")
        }
    }
}

@c @implementation
public func evicam_grad_cam(
    _ network: evicam_network, _ images: UnsafePointer<evicam_images>!, _ request: UnsafePointer<evicam_request>!,
    _ maps: UnsafeMutablePointer<Float>!, _ labels: UnsafeMutablePointer<Int32>!,
    _ error: UnsafeMutablePointer<evicam_error>!
) -> evicam_status {
    call(error) {
        let maps = try require(maps, "maps")
        let images = try Images(images)
        let request = try Request(request, count: images.count)
        try networks.find(network).use {
            try $0.gradCAM(images, layer: request.layer, target: request.target, weights: request.weights, into: maps,
                           labels: labels)
        }
    }
}

@c @implementation
public func evicam_layer_gradients(
    _ network: evicam_network, _ images: UnsafePointer<evicam_images>!, _ request: UnsafePointer<evicam_request>!,
    _ activations: UnsafeMutablePointer<Float>!, _ gradients: UnsafeMutablePointer<Float>!,
    _ error: UnsafeMutablePointer<evicam_error>!
) -> evicam_status {
    call(error) {
        let images = try Images(images)
        let request = try Request(request, count: images.count)
        try networks.find(network).use { network in
            let size = try network.shape(of: request.layer).count
            try network.explain(images, layers: [request.layer], target: request.target) { tap in
                if let activations { tap.activations(of: request.layer, into: activations + tap.first * size) }
                if let gradients { tap.gradient(of: request.layer, into: gradients + tap.first * size) }
            }
        }
    }
}
