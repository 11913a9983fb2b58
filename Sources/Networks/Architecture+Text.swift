// One layer a line: `name = kind(input, ..., option: value, ...)`, options at their defaults left out. Blank lines and
// lines that begin with `#` are passed over when read.

extension Architecture: CustomStringConvertible {
    /// The canonical text; `init(text:)` reads it back to an equal value.
    public var description: String {
        layers.map { layer in
            let arguments = layer.inputs + layer.kind.options.map { "\($0.name): \($0.value)" }
            return "\(layer.name) = \(layer.kind.name)(\(arguments.joined(separator: ", ")))"
        }.joined(separator: "\n") + "\n"
    }

    /// - Throws: `NetworkError.invalidArchitecture`, naming the line.
    public init(text: String) throws {
        var layers: [Layer] = []
        for (number, line) in text.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline).enumerated() {
            let line = line.trimmed
            if line.isEmpty || line.first == "#" { continue }
            do {
                layers.append(try LayerParser(line: line).layer())
            } catch let error as LayerParser.Failure {
                throw NetworkError.invalidArchitecture("line \(number + 1) of the architecture, '\(line)': \(error.reason)")
            }
        }
        try self.init(layers: layers)
    }
}

extension LayerKind {
    /// The options that differ from their defaults, in the order they are written.
    fileprivate var options: [(name: String, value: String)] {
        func window(_ kernel: Size, _ stride: Size, _ padding: Size) -> [(name: String, value: String)] {
            [("kernel", kernel.description), ("stride", stride.description)]
                + (padding == Size(0) ? [] : [("padding", padding.description)])
        }
        switch self {
        case .convolution(let channels, let kernel, let stride, let padding, let dilation, let bias):
            var options = [(name: "channels", value: String(channels)), (name: "kernel", value: kernel.description)]
            if stride != Size(1) { options.append(("stride", stride.description)) }
            if padding != Size(0) { options.append(("padding", padding.description)) }
            if dilation != Size(1) { options.append(("dilation", dilation.description)) }
            if !bias { options.append(("bias", "false")) }
            return options
        case .maxPooling(let kernel, let stride, let padding), .averagePooling(let kernel, let stride, let padding):
            return window(kernel, stride, padding)
        case .linear(let features, let bias):
            return [("features", String(features))] + (bias ? [] : [("bias", "false")])
        case .batchNormalisation(let epsilon, let momentum):
            return (epsilon == 1e-5 ? [] : [("epsilon", String(epsilon))])
                + (momentum == 0.1 ? [] : [("momentum", String(momentum))])
        case .dropout(let rate):
            return [("rate", String(rate))]
        case .globalAveragePooling, .relu, .flatten, .add:
            return []
        }
    }
}

/// Reads one line.
private struct LayerParser {
    struct Failure: Error { let reason: String }

    let name: String
    let kind: String
    var inputs: [String] = []
    /// Options not yet taken.
    var options: [String: String] = [:]

    init(line: Substring) throws {
        guard let equals = line.firstIndex(of: "="), let open = line.firstIndex(of: "("), equals < open,
              line.last == ")" else {
            throw Failure(reason: "a layer is written `name = kind(input, option: value, ...)`")
        }
        name = String(line[..<equals].trimmed)
        kind = String(line[line.index(after: equals) ..< open].trimmed)
        let arguments = line[line.index(after: open)...].dropLast()
        for argument in arguments.split(separator: ",", omittingEmptySubsequences: true) {
            if let colon = argument.firstIndex(of: ":") {
                let option = String(argument[..<colon].trimmed)
                guard options.updateValue(String(argument[argument.index(after: colon)...].trimmed), forKey: option) == nil
                else { throw Failure(reason: "option '\(option)' is given twice") }
            } else {
                inputs.append(String(argument.trimmed))
            }
        }
    }

    func layer() throws -> Layer {
        var reader = self
        let kind = try reader.layerKind()
        if let unknown = reader.options.keys.sorted().first {
            throw Failure(reason: "\(self.kind) has no option '\(unknown)'")
        }
        return Layer(name, kind, inputs: inputs)
    }

    private mutating func layerKind() throws -> LayerKind {
        switch kind {
        case "convolution":
            return .convolution(
                channels: try integer("channels"), kernel: try size("kernel"), stride: try size("stride", Size(1)),
                padding: try size("padding", Size(0)), dilation: try size("dilation", Size(1)),
                bias: try boolean("bias", true))
        case "maxPooling", "averagePooling":
            let kernel = try size("kernel")
            let stride = try size("stride", kernel), padding = try size("padding", Size(0))
            return kind == "maxPooling" ? .maxPooling(kernel: kernel, stride: stride, padding: padding)
                : .averagePooling(kernel: kernel, stride: stride, padding: padding)
        case "globalAveragePooling": return .globalAveragePooling
        case "linear": return .linear(features: try integer("features"), bias: try boolean("bias", true))
        case "relu": return .relu
        case "batchNormalisation":
            return .batchNormalisation(epsilon: try number("epsilon", 1e-5), momentum: try number("momentum", 0.1))
        case "dropout": return .dropout(rate: try number("rate"))
        case "flatten": return .flatten
        case "add": return .add
        default:
            throw Failure(reason: "there is no layer kind '\(kind)'; the kinds are convolution, maxPooling, "
                + "averagePooling, globalAveragePooling, linear, batchNormalisation, relu, dropout, flatten, add")
        }
    }

    private mutating func take(_ option: String) throws -> String {
        guard let text = options.removeValue(forKey: option) else {
            throw Failure(reason: "\(kind) needs the option '\(option)'")
        }
        return text
    }

    private mutating func integer(_ option: String) throws -> Int {
        let text = try take(option)
        guard let value = Int(text) else { throw Failure(reason: "\(option) is '\(text)', but must be a whole number") }
        return value
    }

    private mutating func number(_ option: String, _ standard: Double? = nil) throws -> Double {
        if let standard, options[option] == nil { return standard }
        let text = try take(option)
        guard let value = Double(text) else { throw Failure(reason: "\(option) is '\(text)', but must be a number") }
        return value
    }

    /// "5x5", or "5" for both axes.
    private mutating func size(_ option: String, _ standard: Size? = nil) throws -> Size {
        if let standard, options[option] == nil { return standard }
        let text = try take(option)
        let extents = text.split(separator: "x", omittingEmptySubsequences: false).map { Int($0) }
        switch (extents.count, extents.first ?? nil, extents.last ?? nil) {
        case (1, let both?, _): return Size(both)
        case (2, let height?, let width?): return Size(height, width)
        default: throw Failure(reason: "\(option) is '\(text)', but must be like 5 or 5x5")
        }
    }

    private mutating func boolean(_ option: String, _ standard: Bool) throws -> Bool {
        guard options[option] != nil else { return standard }
        let text = try take(option)
        guard let value = Bool(text) else { throw Failure(reason: "\(option) is '\(text)', but must be true or false") }
        return value
    }
}

extension StringProtocol {
    /// Without spaces, tabs and carriage returns at either end.
    fileprivate var trimmed: SubSequence {
        let blank: (Character) -> Bool = { $0 == " " || $0 == "\t" || $0 == "\r" }
        guard let first = firstIndex(where: { !blank($0) }), let last = lastIndex(where: { !blank($0) }) else {
            return self[startIndex ..< startIndex]
        }
        return self[first ... last]
    }
}
