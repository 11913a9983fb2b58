import Kernels

/// Turns an architecture into a `Plan`.
///
/// In order: which layers need no memory of their own (`sources`), how wide the borders are, which gradients are wanted,
/// where everything lies, and the operations in both directions.
struct PlanCompiler {
    let architecture: Architecture
    let image: MapShape
    let purpose: Purpose
    let capacity: Int
    /// Whether convolutions may be done by minimal filtering.
    let winograd: Bool
    let layout: ParameterLayout
    /// The parameters' flat memory, and their gradient's while training.
    let parameters: UnsafeMutablePointer<Float>
    let gradient: UnsafeMutablePointer<Float>?

    let shapes: [String: MapShape]
    /// Layer -> the layer whose memory its output shares: itself, or the one before it if it was fused or left out.
    private(set) var sources: [String: String] = [:]
    /// Layers whose ReLU is done by the layer itself.
    private(set) var rectified: Set<String> = []
    /// Layer with weights -> the batch normalisation that is folded into them.
    private(set) var folded: [String: String] = [:]
    /// Batch normalisation -> what it adds to its output: the other branch of a sum.
    private(set) var residuals: [String: String] = [:]
    private(set) var borders: [String: Size] = [:]
    private(set) var wantsGradient: Set<String> = []
    /// Max pooling -> the convolution whose output it takes image by image, so that nobody else can read it.
    private(set) var pooled: [String: String] = [:]

    init(architecture: Architecture, image: MapShape, purpose: Purpose, capacity: Int, winograd: Bool, layout: ParameterLayout,
         parameters: UnsafeMutablePointer<Float>, gradient: UnsafeMutablePointer<Float>?) throws {
        self.architecture = architecture
        self.image = image
        self.purpose = purpose
        self.capacity = capacity
        self.winograd = winograd
        self.layout = layout
        self.parameters = parameters
        self.gradient = gradient
        var shapes = [Architecture.image: image]
        for (layer, shape) in zip(architecture.layers, try architecture.shapes(image: image)) { shapes[layer.name] = shape }
        self.shapes = shapes
    }

    mutating func compile() throws -> Plan {
        share(flattened: true)
        planBorders()
        // Flattened features cannot share memory that has a border.
        if architecture.layers.contains(where: { $0.kind == .flatten && borders[sources[$0.name]!] != Size(0) }) {
            share(flattened: false)
            planBorders()
        }
        findGradients()
        findPooled()
        return try place()
    }

    // MARK: - Sharing memory

    private mutating func share(flattened: Bool) {
        var readers: [String: Int] = [:]
        for layer in architecture.layers { for input in layer.inputs { readers[input, default: 0] += 1 } }
        var taps = Set(purpose.taps)
        // What only renames its input has its input's gradient.
        for layer in architecture.layers.reversed() where taps.contains(layer.name) && layer.kind.isRenaming {
            taps.insert(layer.inputs[0])
        }
        var kinds: [String: LayerKind] = [:]
        sources = [Architecture.image: Architecture.image]
        rectified = []
        folded = [:]
        residuals = [:]
        for layer in architecture.layers {
            kinds[layer.name] = layer.kind
            sources[layer.name] = layer.name
            let input = layer.inputs[0]
            switch layer.kind {
            case .relu:
                // A fused ReLU overwrites what it reads and masks the gradient in place: not where either is asked for.
                guard let kind = kinds[input], kind.canRectify, readers[input] == 1, taps.isDisjoint(with: [input, layer.name])
                else { continue }
                sources[layer.name] = sources[input]
                rectified.insert(sources[input]!)
            case .batchNormalisation:
                guard purpose != .training, let kind = kinds[input], kind.canFold, readers[input] == 1, !taps.contains(input)
                else { continue }
                sources[layer.name] = input
                folded[input] = layer.name
            case .add:
                // The branch that is done last takes the sum along, if it ends in a normalisation of its own.
                guard layer.inputs.count == 2,
                      let last = layer.inputs.max(by: { architecture.index(of: $0) ?? -1 < architecture.index(of: $1) ?? -1 }),
                      case .batchNormalisation? = kinds[last], sources[last] == last, readers[last] == 1, !taps.contains(last)
                else { continue }
                sources[layer.name] = last
                residuals[last] = layer.inputs[0] == last ? layer.inputs[1] : layer.inputs[0]
            case .dropout(let rate):
                if purpose != .training || rate == 0 { sources[layer.name] = sources[input] }
            case .flatten:
                if flattened { sources[layer.name] = sources[input] }
            default:
                continue
            }
        }
    }

    /// Layers as they run: those with an operation, each input replaced by the layer whose memory holds it.
    var running: [Layer] {
        architecture.layers.filter { sources[$0.name] == $0.name }.map { layer in
            Layer(layer.name, layer.kind, inputs: (layer.inputs + (residuals[layer.name].map { [$0] } ?? [])).map { sources[$0]! })
        }
    }

    // MARK: - Borders

    /// Gives every output the widest border its readers' padding asks for. Elementwise layers run over flat memory, so
    /// their inputs and output get the same one.
    private mutating func planBorders() {
        func widest(_ a: Size, _ b: Size) -> Size { Size(max(a.height, b.height), max(a.width, b.width)) }
        for name in sources.values { borders[name] = Size(0) }
        for layer in running {
            let padding: Size
            switch layer.kind {
            case .convolution(_, _, _, let wanted, _, _): padding = wanted
            case .averagePooling(_, _, let wanted): padding = wanted
            case .maxPooling(_, _, let wanted):
                padding = needsFrame(layer) ? Size(0) : wanted
            default: padding = Size(0)
            }
            borders[layer.inputs[0]] = widest(borders[layer.inputs[0]]!, padding)
        }
        var changed = true
        while changed {
            changed = false
            for layer in running where layer.kind.isElementwise {
                let group = layer.inputs + [layer.name]
                let border = group.reduce(Size(0)) { widest($0, borders[$1]!) }
                for name in group where borders[name] != border {
                    borders[name] = border
                    changed = true
                }
            }
        }
    }

    /// Whether no value of what a layer that runs gives is below 0.
    private func isRectified(_ name: String) -> Bool {
        rectified.contains(name) || architecture.index(of: name).map { architecture.layers[$0].kind == .relu } ?? false
    }

    /// Whether a layer is max pooling that works on a copy of its input, framed by -infinity: the zeros of a border would
    /// win over what is below them.
    func needsFrame(_ layer: Layer) -> Bool {
        guard case .maxPooling(_, _, let padding) = layer.kind else { return false }
        if padding == Size(0) || isRectified(layer.name) { return false }
        // Where all of a window is 0, the border would take the gradient. It is masked anyway, unless someone asks for it.
        let input = layer.inputs[0], isTapped = purpose.taps.contains { sources[$0] == input }
        return isTapped || !isRectified(input)
    }

    // MARK: - Pooling

    /// Images of a plan from which on there are enough of them to keep all cores busy one by one.
    private static let fewestPooled = 16
    /// Weights of a convolution that stay in a core's cache from image to image.
    private static let mostPooledWeights = 1 << 16

    private mutating func findPooled() {
        guard capacity >= Self.fewestPooled else { return }
        let taps = Set(purpose.taps.map { sources[$0]! }), running = running
        let convolutions = Set(running.filter { if case .convolution = $0.kind { true } else { false } }.map(\.name))
        for layer in running {
            guard case .maxPooling(_, _, let padding) = layer.kind, padding == Size(0) else { continue }
            let input = layer.inputs[0]
            let readers = running.filter { $0.inputs.contains(input) }.count
            // A ReLU before the pooling masks its gradient by the convolution's output.
            let isReadBack = wantsGradient.contains(input) && rectified.contains(input)
            let weights = layout.parameter("\(input).weight")?.shape.count ?? .max
            if convolutions.contains(input), readers == 1, !taps.contains(input), !isReadBack, weights <= Self.mostPooledWeights {
                pooled[layer.name] = input
            }
        }
    }

    // MARK: - Gradients

    private mutating func findGradients() {
        let taps = Set(purpose.taps.map { sources[$0]! })
        if taps.contains(Architecture.image) { wantsGradient.insert(Architecture.image) }
        for layer in running {
            let owns = purpose == .training && layout.count(of: layer.name) > 0
            if taps.contains(layer.name) || owns || layer.inputs.contains(where: wantsGradient.contains) {
                wantsGradient.insert(layer.name)
            }
        }
    }

    /// Whether the layer must run on the way back.
    func runsBackward(_ layer: Layer) -> Bool {
        layer.inputs.contains(where: wantsGradient.contains)
            || purpose == .training && layout.count(of: layer.name) > 0
    }
}

extension LayerKind {
    /// Whether a ReLU can be part of this layer.
    fileprivate var canRectify: Bool {
        switch self {
        case .convolution, .linear, .maxPooling, .batchNormalisation, .add: true
        default: false
        }
    }

    /// Whether a batch normalisation can be part of this layer's weights.
    fileprivate var canFold: Bool {
        switch self {
        case .convolution, .linear: true
        default: false
        }
    }

    /// Whether it may share the memory of what it reads.
    fileprivate var isRenaming: Bool {
        switch self {
        case .dropout, .flatten: true
        default: false
        }
    }

    fileprivate var isElementwise: Bool {
        switch self {
        case .relu, .dropout, .add: true
        default: false
        }
    }
}
