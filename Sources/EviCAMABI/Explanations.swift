import CEviCAM
import EviCAM

/// What an explanation is asked for, read from the C structure.
struct Request {
    private let structure: evicam_request
    let target: Target

    init(_ pointer: UnsafePointer<evicam_request>?, count: Int) throws {
        let pointer = try require(pointer, "request")
        // A caller of version 1 has memory up to `reserved` only.
        let first = MemoryLayout<evicam_request>.offset(of: \.reserved)! + 4
        let structure = try read(pointer, \.struct_size, name: "request", first: first, empty: evicam_request())
        self.structure = structure
        target = try Self.target(structure, count: count)
    }

    /// The layer's name.
    func layer() throws -> String { try requireText(structure.layer, "request.layer") }

    func weights() throws -> GradCAM.ChannelWeights {
        switch Int(structure.weights) {
        case Int(EVICAM_WEIGHTS_SUM): return .sum
        case Int(EVICAM_WEIGHTS_MEAN): return .mean
        default:
            throw Failure.invalid("request.weights is \(structure.weights), but must be one of EVICAM_WEIGHTS_...")
        }
    }

    private static func target(_ request: evicam_request, count: Int) throws -> Target {
        func evidence() throws -> EvidenceFunction {
            try evidenceFunction(request.evidence, clip: request.evidence_clip, name: "request.evidence")
        }
        switch Int(request.target) {
        case Int(EVICAM_TARGET_PREDICTED):
            return Target(try quantity(request.quantity, evidence))
        case Int(EVICAM_TARGET_CLASS):
            let classes = try require(request.classes, "request.classes")
            return Target(try quantity(request.quantity, evidence), of: .given((0 ..< count).map { Int(classes[$0]) }))
        case Int(EVICAM_TARGET_UNCERTAINTY): return Target(.uncertainty(try evidence()))
        case Int(EVICAM_TARGET_DISSONANCE): return Target(.dissonance(try evidence()))
        case Int(EVICAM_TARGET_STRENGTH): return Target(.strength(try evidence()))
        default:
            throw Failure.invalid("request.target is \(request.target), but must be one of EVICAM_TARGET_...")
        }
    }

    private static func quantity(_ number: Int32, _ evidence: () throws -> EvidenceFunction) throws -> Quantity {
        switch Int(number) {
        case Int(EVICAM_QUANTITY_LOGIT): return .logit
        case Int(EVICAM_QUANTITY_EVIDENCE): return .evidence(try evidence())
        case Int(EVICAM_QUANTITY_BELIEF): return .belief(try evidence())
        case Int(EVICAM_QUANTITY_PROBABILITY): return .probability(try evidence())
        case Int(EVICAM_QUANTITY_SOFTMAX): return .softmax
        default: throw Failure.invalid("request.quantity is \(number), but must be one of EVICAM_QUANTITY_...")
        }
    }
}

@c @implementation
public func evicam_grad_cam(
    _ network: evicam_network, _ images: UnsafePointer<evicam_images>!, _ request: UnsafePointer<evicam_request>!,
    _ maps: UnsafeMutablePointer<Float>!, _ labels: UnsafeMutablePointer<Int32>!,
    _ error: UnsafeMutablePointer<evicam_error>!
) -> evicam_status {
    evicam_layer_maps(network, images, request, Int32(EVICAM_MAP_GRAD_CAM), Int32(EVICAM_RESIZE_ALIGNED), maps, labels, error)
}

@c @implementation
public func evicam_layer_maps(
    _ network: evicam_network, _ images: UnsafePointer<evicam_images>!, _ request: UnsafePointer<evicam_request>!,
    _ method: Int32, _ resize: Int32, _ maps: UnsafeMutablePointer<Float>!, _ labels: UnsafeMutablePointer<Int32>!,
    _ error: UnsafeMutablePointer<evicam_error>!
) -> evicam_status {
    call(error) {
        let maps = try require(maps, "maps")
        let images = try Images(images)
        let request = try Request(request, count: images.count)
        let layer = try request.layer()
        try networks.find(network).use { network in
            guard let drawn = try activationMap(method, request) else {
                return try network.scoreCAM(images, layer: layer, target: request.target,
                                            resize: try geometry(of: layer, in: network, resize), into: maps, labels: labels)
            }
            try network.activationMaps(images, layer: layer, target: request.target, method: drawn, into: maps, labels: labels)
        }
    }
}

/// The method a number stands for; nil for Score-CAM, which asks the network again.
private func activationMap(_ method: Int32, _ request: Request) throws -> ActivationMap? {
    switch Int(method) {
    case Int(EVICAM_MAP_GRAD_CAM): return .gradCAM(try request.weights())
    case Int(EVICAM_MAP_HI_RES_CAM): return .hiResCAM
    case Int(EVICAM_MAP_LAYER_CAM): return .layerCAM
    case Int(EVICAM_MAP_GRAD_CAM_PLUS_PLUS): return .gradCAMPlusPlus
    case Int(EVICAM_MAP_X_GRAD_CAM): return .xGradCAM
    case Int(EVICAM_MAP_EIGEN_CAM): return .eigenCAM
    case Int(EVICAM_MAP_SCORE_CAM): return nil
    default: throw Failure.invalid("method is \(method), but must be one of EVICAM_MAP_...")
    }
}

private func geometry(of layer: String, in network: Network, _ resize: Int32) throws -> Resize {
    _ = try network.mapShape(of: layer)
    switch Int(resize) {
    case Int(EVICAM_RESIZE_BILINEAR): return .bilinear
    case Int(EVICAM_RESIZE_ALIGNED):
        guard let geometry = network.architecture.geometries()[layer] else {
            throw Failure.invalid("layer '\(layer)' adds cells of different places, so resize must be EVICAM_RESIZE_BILINEAR")
        }
        return .aligned(geometry)
    default: throw Failure.invalid("resize is \(resize), but must be EVICAM_RESIZE_ALIGNED or EVICAM_RESIZE_BILINEAR")
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
        let layer = try request.layer()
        try networks.find(network).use { network in
            let size = try network.shape(of: layer).count
            try network.explain(images, layers: [layer], target: request.target) { tap in
                if let activations { tap.activations(of: layer, into: activations + tap.first * size) }
                if let gradients { tap.gradient(of: layer, into: gradients + tap.first * size) }
            }
        }
    }
}
