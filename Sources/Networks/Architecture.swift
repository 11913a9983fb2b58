/// What a network computes, as a value: layers in order, each reading earlier ones; the last one gives the logits.
///
/// It says nothing of the image's size or the batch; `shapes(image:)` follows an image through it.
/// Its text form (`description`, `init(text:)`) is one layer a line and goes into checkpoints.
public struct Architecture: Hashable, Sendable {
    /// The name by which layers read the network's input.
    public static let image = "image"

    public let layers: [Layer]

    /// - Throws: `NetworkError.invalidArchitecture` when names clash, inputs are missing, or an option is out of range.
    public init(layers: [Layer]) throws {
        self.layers = layers
        try validate()
    }

    /// Layers one after the other, the first reading the image.
    public init(sequence: [(name: String, kind: LayerKind)]) throws {
        var previous = Self.image
        try self.init(layers: sequence.map { name, kind in
            defer { previous = name }
            return Layer(name, kind, inputs: [previous])
        })
    }

    public func index(of name: String) -> Int? { layers.firstIndex { $0.name == name } }

    /// The head: the last layer with weights, which turns features into logits. nil without any.
    public var head: String? { layers.last(where: \.kind.hasWeights)?.name }

    private func validate() throws {
        guard let last = layers.last else { throw NetworkError.invalidArchitecture("an architecture needs a layer") }
        var known: Set<String> = [Self.image]
        for layer in layers {
            guard Self.isName(layer.name) else {
                throw NetworkError.invalidArchitecture(
                    "'\(layer.name)' is not a layer name: letters, digits, '_', '.', '-', a letter first, at most 63")
            }
            for input in layer.inputs where !known.contains(input) {
                throw NetworkError.invalidArchitecture(
                    "layer '\(layer.name)' reads '\(input)', which is neither '\(Self.image)', the network's input, nor a layer before it")
            }
            guard known.insert(layer.name).inserted else {
                throw NetworkError.invalidArchitecture("the name '\(layer.name)' is used twice")
            }
            guard layer.kind == .add ? layer.inputs.count >= 2 : layer.inputs.count == 1 else {
                throw NetworkError.invalidArchitecture(
                    "layer '\(layer.name)' reads \(layer.inputs.count) layers, but \(layer.kind.name) takes "
                        + (layer.kind == .add ? "two or more" : "one"))
            }
            try Self.validateOptions(of: layer)
        }
        let read = Set(layers.flatMap(\.inputs))
        for layer in layers where layer.name != last.name && !read.contains(layer.name) {
            throw NetworkError.invalidArchitecture("nothing reads layer '\(layer.name)'")
        }
        if read.contains(last.name) {
            throw NetworkError.invalidArchitecture("the last layer '\(last.name)' must not be read")
        }
    }

    private static func isName(_ name: String) -> Bool {
        guard let first = name.utf8.first, name.utf8.count < 64, name != image else { return false }
        let letters = UInt8(ascii: "a") ... UInt8(ascii: "z"), capitals = UInt8(ascii: "A") ... UInt8(ascii: "Z")
        let digits = UInt8(ascii: "0") ... UInt8(ascii: "9")
        guard letters.contains(first) || capitals.contains(first) else { return false }
        return name.utf8.allSatisfy {
            letters.contains($0) || capitals.contains($0) || digits.contains($0) || "_.-".utf8.contains($0)
        }
    }

    /// Largest extent of a kernel, stride, padding or dilation, and largest number of channels or features: far beyond
    /// use. What layers one after the other make of them is bounded by `shapes(image:)`, and the weights by `ParameterLayout`.
    static let largestExtent = 4096
    private static let largestWidth = 1 << 20
    /// Least number to be added to a variance: of a channel that is always the same, its square root is divided by.
    private static let smallestEpsilon = 1e-12

    private static func validateOptions(of layer: Layer) throws {
        func check(_ what: String, _ size: Size, from low: Int) throws {
            guard size.height >= low, size.width >= low, max(size.height, size.width) <= largestExtent else {
                throw NetworkError.invalidArchitecture(
                    "layer '\(layer.name)': \(what) is \(size), but must be \(low) ... \(largestExtent) along both axes")
            }
        }
        func check(_ what: String, _ count: Int) throws {
            guard count >= 1, count <= largestWidth else {
                throw NetworkError.invalidArchitecture(
                    "layer '\(layer.name)': \(what) is \(count), but must be 1 ... \(largestWidth)")
            }
        }
        func checkPooling(_ kernel: Size, _ stride: Size, _ padding: Size) throws {
            try check("kernel", kernel, from: 1)
            try check("stride", stride, from: 1)
            try check("padding", padding, from: 0)
            guard padding.height < kernel.height, padding.width < kernel.width else {
                throw NetworkError.invalidArchitecture(
                    "layer '\(layer.name)': padding \(padding) leaves windows of kernel \(kernel) without a pixel")
            }
        }
        switch layer.kind {
        case .convolution(let channels, let kernel, let stride, let padding, let dilation, _):
            try check("channels", channels)
            try check("kernel", kernel, from: 1)
            try check("stride", stride, from: 1)
            try check("padding", padding, from: 0)
            try check("dilation", dilation, from: 1)
        case .maxPooling(let kernel, let stride, let padding), .averagePooling(let kernel, let stride, let padding):
            try checkPooling(kernel, stride, padding)
        case .linear(let features, _):
            try check("features", features)
        case .dropout(let rate):
            guard rate >= 0, rate < 1 else {
                throw NetworkError.invalidArchitecture(
                    "layer '\(layer.name)': rate is \(rate), but must be at least 0 and below 1")
            }
        case .batchNormalisation(let epsilon, let momentum):
            guard epsilon >= smallestEpsilon, epsilon <= 1e6 else {
                throw NetworkError.invalidArchitecture(
                    "layer '\(layer.name)': epsilon is \(epsilon), but must be \(smallestEpsilon) ... 1e6")
            }
            guard momentum >= 0, momentum <= 1 else {
                throw NetworkError.invalidArchitecture(
                    "layer '\(layer.name)': momentum is \(momentum), but must be 0 ... 1")
            }
        case .globalAveragePooling, .relu, .flatten, .add:
            break
        }
    }
}
