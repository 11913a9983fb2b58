/// Two extents, along the height and the width.
public struct Size: Hashable, Sendable, CustomStringConvertible {
    public var height: Int
    public var width: Int

    public init(_ height: Int, _ width: Int) {
        self.height = height
        self.width = width
    }

    /// The same along both axes.
    public init(_ both: Int) { self.init(both, both) }

    /// "5x5"
    public var description: String { "\(height)x\(width)" }
}

/// What a layer computes. Images and activations are [N, H, W, C].
public enum LayerKind: Hashable, Sendable {
    /// 2-d cross-correlation with zero padding; weights [kernel height, kernel width, input channels, channels].
    case convolution(channels: Int, kernel: Size, stride: Size = Size(1), padding: Size = Size(0),
                     dilation: Size = Size(1), bias: Bool = true)
    /// Largest value of each window; padding never wins.
    case maxPooling(kernel: Size, stride: Size, padding: Size = Size(0))
    /// Mean of each window; padding counts as zeros.
    case averagePooling(kernel: Size, stride: Size, padding: Size = Size(0))
    /// Mean over the map: [N, H, W, C] to [N, C].
    case globalAveragePooling
    /// [N, features in] to [N, features]; weights [features in, features].
    case linear(features: Int, bias: Bool = true)
    /// (x − mean) / √(variance + epsilon) of each channel, times a weight, plus a bias. While training mean and variance
    /// are the batch's, else running ones, which follow them: r ← (1 − momentum) r + momentum b (Ioffe & Szegedy 2015).
    case batchNormalisation(epsilon: Double = 1e-5, momentum: Double = 0.1)
    /// max(x, 0).
    case relu
    /// While training, each element is set to 0 with probability `rate` and divided by 1 − rate otherwise.
    case dropout(rate: Double)
    /// [N, H, W, C] to [N, H·W·C].
    case flatten
    /// Sum of two or more inputs of one shape: where a residual block's branches meet.
    case add

    /// Whether it sums its inputs with weights: a convolution, or a linear layer.
    var hasWeights: Bool {
        switch self {
        case .convolution, .linear: true
        default: false
        }
    }

    var isBatchNormalisation: Bool { if case .batchNormalisation = self { true } else { false } }

    /// The word for it in architecture text.
    public var name: String {
        switch self {
        case .convolution: "convolution"
        case .maxPooling: "maxPooling"
        case .averagePooling: "averagePooling"
        case .globalAveragePooling: "globalAveragePooling"
        case .linear: "linear"
        case .batchNormalisation: "batchNormalisation"
        case .relu: "relu"
        case .dropout: "dropout"
        case .flatten: "flatten"
        case .add: "add"
        }
    }
}

/// One named layer and the layers it reads.
public struct Layer: Hashable, Sendable {
    public var name: String
    public var kind: LayerKind
    /// Names of earlier layers, or `Architecture.image`.
    public var inputs: [String]

    public init(_ name: String, _ kind: LayerKind, inputs: [String]) {
        self.name = name
        self.kind = kind
        self.inputs = inputs
    }
}

/// Shape of one image's activations at a layer.
public struct MapShape: Hashable, Sendable, CustomStringConvertible {
    public var height: Int
    public var width: Int
    public var channels: Int
    /// Whether height and width are places in the image; false once the map is flattened or averaged away.
    public var isMap: Bool

    public init(height: Int, width: Int, channels: Int) {
        self.init(height: height, width: width, channels: channels, isMap: true)
    }

    /// A vector of features.
    public init(features: Int) { self.init(height: 1, width: 1, channels: features, isMap: false) }

    private init(height: Int, width: Int, channels: Int, isMap: Bool) {
        self.height = height
        self.width = width
        self.channels = channels
        self.isMap = isMap
    }

    public var count: Int { height * width * channels }

    /// "28x28x1", or "500" for features.
    public var description: String { isMap ? "\(height)x\(width)x\(channels)" : "\(channels)" }
}
