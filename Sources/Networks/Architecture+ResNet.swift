extension Architecture {
    /// How a ResNet's images come in.
    public enum ResNetStem: Sendable {
        /// 7x7 with stride 2 and max pooling: for images of some hundred pixels.
        case imageNet
        /// 3x3 with stride 1 and no pooling: for images of some dozen pixels.
        case cifar
    }

    /// A residual network of basic blocks (He et al. 2016), with the names of torchvision's parameters: "conv1.weight",
    /// "layer2.0.downsample.0.weight", "fc.bias".
    ///
    /// - Parameters:
    ///   - blocks: of each stage; the first has 64 channels, each further one twice as many at half the resolution.
    ///     [2, 2, 2, 2] is ResNet-18, [3, 4, 6, 3] ResNet-34.
    ///   - classes: at least 2.
    /// - Throws: `NetworkError.invalidArgument`.
    public static func resNet(blocks: [Int], classes: Int, stem: ResNetStem) throws -> Architecture {
        guard classes >= 2 else { throw NetworkError.invalidArgument("classes is \(classes), but must be at least 2") }
        guard !blocks.isEmpty, blocks.count <= 8, blocks.allSatisfy({ $0 >= 1 }) else {
            throw NetworkError.invalidArgument("blocks is \(blocks), but must be one to eight numbers of at least 1")
        }
        var builder = LayerBuilder()
        switch stem {
        case .imageNet:
            builder.convolve("conv1", norm: "bn1", channels: 64, kernel: 7, stride: 2)
            builder.add("relu", .relu)
            builder.add("maxpool", .maxPooling(kernel: Size(3), stride: Size(2), padding: Size(1)))
        case .cifar:
            builder.convolve("conv1", norm: "bn1", channels: 64, kernel: 3)
            builder.add("relu", .relu)
        }
        for (stage, count) in blocks.enumerated() {
            for block in 0 ..< count {
                builder.basicBlock("layer\(stage + 1).\(block)", channels: 64 << stage,
                                   stride: stage > 0 && block == 0 ? 2 : 1)
            }
        }
        builder.add("avgpool", .globalAveragePooling)
        builder.add("fc", .linear(features: classes))
        return try Architecture(layers: builder.layers)
    }

    /// A small residual network that trains fast: ResNet-9 of DAWNBench (D. Page, "How to train your ResNet", 2018).
    /// Four convolutions with batch normalisation, three of them with max pooling, and two residual blocks. Pooling comes
    /// before normalisation, which then has a quarter of the elements (K. Jordan, "94% on CIFAR-10 in 3.29 seconds on a
    /// single GPU", arXiv 2404.00498, 2024).
    ///
    /// - Throws: `NetworkError.invalidArgument`.
    public static func resNet9(classes: Int) throws -> Architecture {
        guard classes >= 2 else { throw NetworkError.invalidArgument("classes is \(classes), but must be at least 2") }
        var builder = LayerBuilder()
        func convolve(_ name: String, _ channels: Int, pool: Bool = true) {
            builder.add("\(name).conv", .convolution(channels: channels, kernel: Size(3), padding: Size(1), bias: false))
            if pool { builder.add("\(name).pool", .maxPooling(kernel: Size(2), stride: Size(2))) }
            builder.add("\(name).bn", .batchNormalisation())
            builder.add("\(name).relu", .relu)
        }
        func residual(_ name: String, _ channels: Int) {
            let start = builder.last
            convolve("\(name).0", channels, pool: false)
            convolve("\(name).1", channels, pool: false)
            builder.add("\(name).sum", .add, inputs: [builder.last, start])
        }
        convolve("prep", 64, pool: false)
        convolve("layer1", 128)
        residual("layer1.residual", 128)
        convolve("layer2", 256)
        convolve("layer3", 512)
        residual("layer3.residual", 512)
        builder.add("avgpool", .globalAveragePooling)
        builder.add("fc", .linear(features: classes))
        return try Architecture(layers: builder.layers)
    }

    /// The architecture of a name: "lenet", "lenet-pool1" (the variant in the LeNet's authors' code), "resnet9",
    /// "resnet18" and "resnet34" (the stem for small images), "resnet18-imagenet" and "resnet34-imagenet" (torchvision's).
    ///
    /// - Throws: `NetworkError.invalidArgument` for another name, or fewer classes than 2.
    public static func named(_ name: String, classes: Int) throws -> Architecture {
        switch name {
        case "lenet": try leNet(classes: classes)
        case "lenet-pool1": try leNet(classes: classes, pool: 1)
        case "resnet9": try resNet9(classes: classes)
        case "resnet18": try resNet(blocks: [2, 2, 2, 2], classes: classes, stem: .cifar)
        case "resnet34": try resNet(blocks: [3, 4, 6, 3], classes: classes, stem: .cifar)
        case "resnet18-imagenet": try resNet(blocks: [2, 2, 2, 2], classes: classes, stem: .imageNet)
        case "resnet34-imagenet": try resNet(blocks: [3, 4, 6, 3], classes: classes, stem: .imageNet)
        default: throw NetworkError.invalidArgument("there is no architecture '\(name)'; there are \(names.joined(separator: ", "))")
        }
    }

    /// What `named` knows.
    public static let names = ["lenet", "lenet-pool1", "resnet9", "resnet18", "resnet34", "resnet18-imagenet",
                               "resnet34-imagenet"]
}

/// Layers one after the other, each reading the last unless it is told otherwise.
private struct LayerBuilder {
    private(set) var layers: [Layer] = []
    private(set) var last = Architecture.image

    mutating func add(_ name: String, _ kind: LayerKind, inputs: [String]? = nil) {
        layers.append(Layer(name, kind, inputs: inputs ?? [last]))
        last = name
    }

    /// A convolution without bias that keeps the resolution but for its stride, and batch normalisation.
    mutating func convolve(_ name: String, norm: String, channels: Int, kernel: Int, stride: Int = 1, from input: String? = nil) {
        add(name, .convolution(channels: channels, kernel: Size(kernel), stride: Size(stride),
                               padding: Size((kernel - 1) / 2), bias: false), inputs: input.map { [$0] })
        add(norm, .batchNormalisation())
    }

    /// relu(bn2(conv2(relu(bn1(conv1 x)))) + x), the shortcut a 1x1 convolution where the shapes differ.
    mutating func basicBlock(_ name: String, channels: Int, stride: Int) {
        let start = last
        convolve("\(name).conv1", norm: "\(name).bn1", channels: channels, kernel: 3, stride: stride)
        add("\(name).relu1", .relu)
        convolve("\(name).conv2", norm: "\(name).bn2", channels: channels, kernel: 3)
        let branch = last
        var shortcut = start
        if stride > 1 {
            convolve("\(name).downsample.0", norm: "\(name).downsample.1", channels: channels, kernel: 1, stride: stride,
                     from: start)
            shortcut = last
        }
        add("\(name).add", .add, inputs: [branch, shortcut])
        add("\(name).relu2", .relu)
    }
}
