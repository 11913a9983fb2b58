import CEviCAM
import EviCAM

@c @implementation
public func evicam_architecture_lenet(
    _ classes: Int64, _ pool: Int64, _ text: UnsafeMutablePointer<CChar>!, _ capacity: Int64,
    _ length: UnsafeMutablePointer<Int64>!, _ error: UnsafeMutablePointer<evicam_error>!
) -> evicam_status {
    call(error) {
        let architecture = try Architecture.leNet(classes: try require(classes, "classes", in: 2 ... 1 << 20),
                                                  pool: try require(pool, "pool", in: 1 ... 4096))
        try write(architecture.description, to: text, capacity: capacity, length: length)
    }
}

@c @implementation
public func evicam_architecture_named(
    _ name: UnsafePointer<CChar>!, _ classes: Int64, _ text: UnsafeMutablePointer<CChar>!, _ capacity: Int64,
    _ length: UnsafeMutablePointer<Int64>!, _ error: UnsafeMutablePointer<evicam_error>!
) -> evicam_status {
    call(error) {
        let architecture = try Architecture.named(try requireText(name, "name"),
                                                  classes: try require(classes, "classes", in: 2 ... 1 << 20))
        try write(architecture.description, to: text, capacity: capacity, length: length)
    }
}

@c @implementation
public func evicam_network_create(
    _ architecture: UnsafePointer<CChar>!, _ height: Int64, _ width: Int64, _ channels: Int64, _ seed: UInt64,
    _ network: UnsafeMutablePointer<evicam_network>!, _ error: UnsafeMutablePointer<evicam_error>!
) -> evicam_status {
    call(error) {
        let handle = try require(network, "network")
        let shape = MapShape(height: try require(height, "height", in: 1 ... 65536),
                             width: try require(width, "width", in: 1 ... 65536),
                             channels: try require(channels, "channels", in: 1 ... 65536))
        let parsed = try Architecture(text: try requireText(architecture, "architecture"))
        handle.pointee = networks.insert(Guarded(try Network(architecture: parsed, imageShape: shape, seed: seed)))
    }
}

@c @implementation
public func evicam_network_destroy(_ network: evicam_network,
                                   _ error: UnsafeMutablePointer<evicam_error>!) -> evicam_status {
    call(error) { try networks.remove(network) }
}

@c @implementation
public func evicam_network_architecture(
    _ network: evicam_network, _ text: UnsafeMutablePointer<CChar>!, _ capacity: Int64,
    _ length: UnsafeMutablePointer<Int64>!, _ error: UnsafeMutablePointer<evicam_error>!
) -> evicam_status {
    call(error) {
        try networks.find(network).use {
            try write($0.architecture.description, to: text, capacity: capacity, length: length)
        }
    }
}

@c @implementation
public func evicam_network_classes(_ network: evicam_network, _ classes: UnsafeMutablePointer<Int64>!,
                                   _ error: UnsafeMutablePointer<evicam_error>!) -> evicam_status {
    call(error) { try require(classes, "classes").pointee = try networks.find(network).use { Int64($0.classes) } }
}

// MARK: - Layers

@c @implementation
public func evicam_network_layer_count(_ network: evicam_network, _ count: UnsafeMutablePointer<Int64>!,
                                       _ error: UnsafeMutablePointer<evicam_error>!) -> evicam_status {
    call(error) {
        try require(count, "count").pointee = try networks.find(network).use { Int64($0.architecture.layers.count) }
    }
}

@c @implementation
public func evicam_network_layer(
    _ network: evicam_network, _ index: Int64, _ layer: UnsafeMutablePointer<evicam_layer>!,
    _ error: UnsafeMutablePointer<evicam_error>!
) -> evicam_status {
    call(error) {
        let target = try require(layer, "layer")
        try networks.find(network).use { network in
            let layers = network.architecture.layers
            let index = try require(index, "index", in: 0 ... Int64(layers.count - 1))
            let shape = network.shapes[index]
            var result = evicam_layer()
            withUnsafeMutableBytes(of: &result.name) { copy(layers[index].name, into: $0) }
            withUnsafeMutableBytes(of: &result.kind) { copy(layers[index].kind.name, into: $0) }
            result.height = Int64(shape.height)
            result.width = Int64(shape.width)
            result.channels = Int64(shape.channels)
            result.spatial = shape.isMap ? 1 : 0
            let field = field(of: layers[index].name, isMap: shape.isMap, in: network)
            result.receptive_field_y = field.y.size
            result.receptive_field_x = field.x.size
            result.jump_y = field.y.jump
            result.jump_x = field.x.jump
            result.start_y = field.y.start
            result.start_x = field.x.start
            result.parameters = Int64(network.layout.count(of: layers[index].name))
            target.pointee = result
        }
    }
}

/// A layer's geometry as the interface tells it: the whole image, from its centre, where the output is no map; NaN where
/// branches of different geometry were added.
private func field(of layer: String, isMap: Bool, in network: Network) -> LayerGeometry {
    if let geometry = network.architecture.geometries()[layer] { return geometry }
    func axis(_ extent: Int) -> ReceptiveField {
        ReceptiveField(jump: isMap ? .nan : 0, size: isMap ? .nan : Double(extent),
                       start: isMap ? .nan : Double(extent - 1) / 2)
    }
    return LayerGeometry(y: axis(network.imageShape.height), x: axis(network.imageShape.width))
}

// MARK: - Parameters

@c @implementation
public func evicam_network_parameter_count(_ network: evicam_network, _ count: UnsafeMutablePointer<Int64>!,
                                           _ error: UnsafeMutablePointer<evicam_error>!) -> evicam_status {
    call(error) {
        try require(count, "count").pointee = try networks.find(network).use { Int64($0.layout.parameters.count) }
    }
}

@c @implementation
public func evicam_network_parameter(
    _ network: evicam_network, _ index: Int64, _ parameter: UnsafeMutablePointer<evicam_parameter>!,
    _ error: UnsafeMutablePointer<evicam_error>!
) -> evicam_status {
    call(error) {
        let target = try require(parameter, "parameter")
        try networks.find(network).use { network in
            let parameter = network.layout.parameters[try parameterIndex(index, of: network)]
            var result = evicam_parameter()
            withUnsafeMutableBytes(of: &result.name) { copy(parameter.name, into: $0) }
            result.rank = Int32(parameter.shape.rank)
            withUnsafeMutableBytes(of: &result.shape) { bytes in
                let shape = bytes.bindMemory(to: Int64.self)
                for (axis, extent) in parameter.shape.extents.enumerated() { shape[axis] = Int64(extent) }
            }
            target.pointee = result
        }
    }
}

@c @implementation
public func evicam_network_read_parameter(
    _ network: evicam_network, _ index: Int64, _ values: UnsafeMutablePointer<Float>!, _ count: Int64,
    _ error: UnsafeMutablePointer<evicam_error>!
) -> evicam_status {
    call(error) {
        let values = try require(values, "values")
        try networks.find(network).use { network in
            let index = try parameterIndex(index, of: network)
            try require(count, equals: network.layout.parameters[index].shape.count)
            network.readParameter(index, into: values)
        }
    }
}

@c @implementation
public func evicam_network_write_parameter(
    _ network: evicam_network, _ index: Int64, _ values: UnsafePointer<Float>!, _ count: Int64,
    _ error: UnsafeMutablePointer<evicam_error>!
) -> evicam_status {
    call(error) {
        let values = try require(values, "values")
        try networks.find(network).use { network in
            let index = try parameterIndex(index, of: network)
            try require(count, equals: network.layout.parameters[index].shape.count)
            try network.writeParameter(index, from: values)
        }
    }
}

private func parameterIndex(_ index: Int64, of network: Network) throws -> Int {
    let count = network.layout.parameters.count
    guard index >= 0, index < count else {
        throw Failure.invalid("index is \(index), but the network has \(count) parameters")
    }
    return Int(index)
}

/// The caller's idea of an array's length must be ours.
func require(_ count: Int64, equals wanted: Int) throws {
    guard count == wanted else { throw Failure.invalid("count is \(count), but must be \(wanted)") }
}

// MARK: - Normalisation

@c @implementation
public func evicam_network_set_normalisation(
    _ network: evicam_network, _ mean: UnsafePointer<Float>!, _ deviation: UnsafePointer<Float>!, _ count: Int64,
    _ error: UnsafeMutablePointer<evicam_error>!
) -> evicam_status {
    call(error) {
        try networks.find(network).use { network in
            if mean == nil, deviation == nil { return try network.setNormalisation(nil) }
            let mean = try require(mean, "mean"), deviation = try require(deviation, "deviation")
            try require(count, equals: network.imageShape.channels)
            func array(_ values: UnsafePointer<Float>) -> [Float] {
                Array(UnsafeBufferPointer(start: values, count: Int(count)))
            }
            try network.setNormalisation(Normalisation(mean: array(mean), deviation: array(deviation)))
        }
    }
}

@c @implementation
public func evicam_network_normalisation(
    _ network: evicam_network, _ mean: UnsafeMutablePointer<Float>!, _ deviation: UnsafeMutablePointer<Float>!,
    _ count: Int64, _ present: UnsafeMutablePointer<Int32>!, _ error: UnsafeMutablePointer<evicam_error>!
) -> evicam_status {
    call(error) {
        let mean = try require(mean, "mean"), deviation = try require(deviation, "deviation")
        let present = try require(present, "present")
        try networks.find(network).use { network in
            try require(count, equals: network.imageShape.channels)
            present.pointee = network.normalisation == nil ? 0 : 1
            guard let normalisation = network.normalisation else { return }
            for channel in 0 ..< Int(count) {
                mean[channel] = normalisation.mean[channel]
                deviation[channel] = normalisation.deviation[channel]
            }
        }
    }
}

// MARK: - Passes

@c @implementation
public func evicam_network_logits(
    _ network: evicam_network, _ images: UnsafePointer<evicam_images>!, _ logits: UnsafeMutablePointer<Float>!,
    _ error: UnsafeMutablePointer<evicam_error>!
) -> evicam_status {
    call(error) {
        let logits = try require(logits, "logits")
        let images = try Images(images)
        try networks.find(network).use { try $0.logits(images, into: logits) }
    }
}
