import Kernels
import Tensors

/// An architecture with weights, for images of one shape.
///
/// Not safe to use from two threads at once: passes share buffers.
public final class Network {
    public let architecture: Architecture
    public let imageShape: MapShape
    /// Shape of each layer's output, in the architecture's order.
    public let shapes: [MapShape]
    /// Length of the logits.
    public let classes: Int
    public let layout: ParameterLayout

    /// The parameters' flat memory (see `ParameterLayout`).
    let parameters: Arena
    /// Counts changes of the parameters, so that plans know when their packed copies are stale.
    private(set) var version = 0
    private var plans: [PlanKey: Plan] = [:]
    /// What the network does to pixels before its first layer; nil: nothing. See `setNormalisation`.
    public private(set) var normalisation: Normalisation?
    private(set) var rowScaling: RowScaling?

    private struct PlanKey: Hashable {
        var purpose: Purpose
        var capacity: Int
        var winograd = Winograd.isEnabled
    }

    /// Images that one inference or explanation pass takes at most. Large enough to keep every core busy, small enough
    /// that LeNet's activations stay near the last-level cache.
    public static let largestPass = 128

    /// - Parameter seed: the starting weights are drawn from it.
    /// - Throws: `NetworkError` when the image does not fit the architecture or memory cannot be had.
    public init(architecture: Architecture, imageShape: MapShape, seed: UInt64) throws {
        self.architecture = architecture
        self.imageShape = imageShape
        shapes = try architecture.shapes(image: imageShape)
        classes = try architecture.classes(image: imageShape)
        layout = try ParameterLayout(architecture: architecture, shapes: shapes, image: imageShape)
        parameters = try Arena(count: layout.flatCount)
        layout.initialise(parameters.base, seed: seed)
    }

    /// To be called after the flat memory was written to.
    func parametersChanged() { version += 1 }

    // MARK: - Parameters

    /// Copies one parameter's values out.
    public func parameter(_ index: Int) -> Tensor<Float> {
        let parameter = layout.parameters[index]
        var tensor = Tensor<Float>(shape: parameter.shape)
        tensor.withUnsafeMutablePointer { readParameter(index, into: $0) }
        return tensor
    }

    /// Copies one parameter's values to `target`, `shape.count` floats.
    public func readParameter(_ index: Int, into target: UnsafeMutablePointer<Float>) {
        let parameter = layout.parameters[index]
        target.update(from: parameters.base + parameter.offset, count: parameter.shape.count)
    }

    /// Sets one parameter from `source`, `shape.count` floats.
    /// - Throws: `NetworkError.invalidArgument` when a value is NaN or infinite, or a variance negative; nothing is changed
    ///   then.
    public func writeParameter(_ index: Int, from source: UnsafePointer<Float>) throws {
        let parameter = layout.parameters[index]
        for i in 0 ..< parameter.shape.count where !source[i].isFinite || source[i] < parameter.least {
            throw NetworkError.invalidArgument("'\(parameter.name)' holds \(source[i]) at element \(i)")
        }
        (parameters.base + parameter.offset).update(from: source, count: parameter.shape.count)
        parametersChanged()
    }

    /// Sets what the network does to pixels before its first layer; it is saved beside the parameters, not among them.
    /// - Throws: `NetworkError.invalidArgument` unless it has the image's channels, `.outOfMemory`.
    public func setNormalisation(_ normalisation: Normalisation?) throws {
        if let normalisation, normalisation.mean.count != imageShape.channels {
            throw NetworkError.invalidArgument(
                "the normalisation has \(normalisation.mean.count) channels, but images have \(imageShape.channels)")
        }
        rowScaling = try normalisation.map { try RowScaling($0, width: imageShape.width) }
        self.normalisation = normalisation
    }

    // MARK: - Layers

    /// Shape of a layer's output.
    /// - Throws: `NetworkError.unknownLayer`.
    public func shape(of layer: String) throws -> MapShape {
        guard let index = architecture.index(of: layer) else {
            throw NetworkError.unknownLayer(layer, known: architecture.layers.map(\.name))
        }
        return shapes[index]
    }

    /// Shape of a layer's output, which must be a map.
    /// - Throws: `NetworkError.unknownLayer`, `NetworkError.notAMap`.
    public func mapShape(of layer: String) throws -> MapShape {
        let shape = try shape(of: layer)
        guard shape.isMap else {
            throw NetworkError.notAMap(layer, maps: zip(architecture.layers, shapes).filter(\.1.isMap).map(\.0.name))
        }
        return shape
    }

    /// - Throws: `NetworkError.invalidImages` unless the images have the network's shape and there is one at least.
    func check(_ images: Images) throws {
        guard images.shape == imageShape else {
            throw NetworkError.invalidImages("images are \(images.shape), but the network takes \(imageShape)")
        }
        guard images.count >= 1 else { throw NetworkError.invalidImages("there must be at least one image") }
    }

    // MARK: - Plans

    /// The plan for a purpose and at most `images` images a pass, compiled on first use.
    func plan(_ purpose: Purpose, images: Int) throws -> Plan {
        let capacity = images
        let key = PlanKey(purpose: purpose, capacity: capacity)
        if let plan = plans[key] { return plan }
        // One plan for explanations is enough: their taps change from call to call.
        if case .explanation = purpose {
            plans = plans.filter { if case .explanation = $0.key.purpose { false } else { true } }
        }
        var compiler = try PlanCompiler(architecture: architecture, image: imageShape, purpose: purpose,
                                        capacity: capacity, winograd: key.winograd, layout: layout,
                                        parameters: parameters.base, gradient: nil)
        let plan = try compiler.compile()
        plans[key] = plan
        return plan
    }

    /// Images of a pass over `count`: a few sizes only, so that few plans are kept; fewer than `largestPass` where a layer's
    /// activations would outgrow the last-level cache.
    func capacity(for count: Int) -> Int {
        let largest = shapes.map(\.count).max()! * MemoryLayout<Float>.stride
        return count <= 1 ? 1 : count <= 16 ? 16 : max(16, min(Self.largestPass, Self.cachedBytes / largest / 16 * 16))
    }

    /// Bytes of a layer's activations that stay near.
    private static let cachedBytes = 16 << 20
}
