import Networks

/// Where the cells of a layer's output lie in the image, along both axes.
public struct LayerGeometry: Equatable, Sendable {
    public var y: ReceptiveField
    public var x: ReceptiveField

    public init(y: ReceptiveField, x: ReceptiveField) {
        self.y = y
        self.x = x
    }

    /// The image itself.
    public static let identity = LayerGeometry(y: .identity, x: .identity)

    /// The geometry behind one more layer that slides windows.
    func through(kernel: Size, stride: Size, padding: Size, dilation: Size = Size(1)) -> LayerGeometry {
        LayerGeometry(
            y: y.through(kernel: kernel.height, stride: stride.height, padding: padding.height, dilation: dilation.height),
            x: x.through(kernel: kernel.width, stride: stride.width, padding: padding.width, dilation: dilation.width))
    }
}

extension Architecture {
    /// Geometry of every layer's output that is a map; nil where it is not, or where a sum adds cells of different
    /// places so that no geometry describes it.
    public func geometries() -> [String: LayerGeometry] {
        var known: [String: LayerGeometry] = [Architecture.image: .identity]
        for layer in layers {
            guard let input = known[layer.inputs[0]] else { continue }
            switch layer.kind {
            case .convolution(_, let kernel, let stride, let padding, let dilation, _):
                known[layer.name] = input.through(kernel: kernel, stride: stride, padding: padding, dilation: dilation)
            case .maxPooling(let kernel, let stride, let padding), .averagePooling(let kernel, let stride, let padding):
                known[layer.name] = input.through(kernel: kernel, stride: stride, padding: padding)
            case .batchNormalisation, .relu, .dropout:
                known[layer.name] = input
            case .add:
                known[layer.name] = layer.inputs.dropFirst().reduce(Optional(input)) { sum, name in
                    guard let sum, let branch = known[name], let y = sum.y.merged(with: branch.y),
                          let x = sum.x.merged(with: branch.x) else { return nil }
                    return LayerGeometry(y: y, x: x)
                }
            case .globalAveragePooling, .linear, .flatten:
                continue
            }
        }
        return known
    }
}
