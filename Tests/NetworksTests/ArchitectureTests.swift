import Networks
import Testing

@Suite struct ArchitectureTests {
    private let image = MapShape(height: 28, width: 28, channels: 1)

    @Test func leNetHasThePapersShapes() throws {
        let architecture = try Architecture.leNet(classes: 10)
        let shapes = try architecture.shapes(image: image).map(\.description)
        #expect(architecture.layers.map(\.name) == [
            "conv1", "pool1", "relu1", "conv2", "pool2", "relu2", "flatten", "fc1", "relu3", "dropout", "fc2",
        ])
        #expect(shapes == ["24x24x20", "12x12x20", "12x12x20", "8x8x50", "4x4x50", "4x4x50", "800", "500", "500", "500", "10"])
        #expect(try architecture.classes(image: image) == 10)
    }

    @Test func poolOneIsTheAuthorsCode() throws {
        let architecture = try Architecture.leNet(classes: 10, pool: 1)
        #expect(try architecture.shapes(image: image)[6] == MapShape(features: 20_000))
    }

    @Test(arguments: [(28, 28, 3), (32, 32, 1), (32, 32, 3), (16, 16, 1), (17, 40, 2)])
    func leNetTakesAnySizeThatFits(height: Int, width: Int, channels: Int) throws {
        let shape = MapShape(height: height, width: width, channels: channels)
        #expect(try Architecture.leNet(classes: 3).classes(image: shape) == 3)
    }

    @Test func tooSmallAnImageIsRefusedByLayer() throws {
        let architecture = try Architecture.leNet(classes: 10)
        let error = #expect(throws: NetworkError.self) {
            try architecture.shapes(image: MapShape(height: 13, width: 28, channels: 1))
        }
        let text = try #require(error).description
        #expect(text.contains("13x28") && text.contains("'conv2'") && text.contains("5x5"))
    }

    @Test func textIsReadBackAsTheSameValue() throws {
        let layers = [
            Layer("stem", .convolution(channels: 8, kernel: Size(3, 5), stride: Size(2, 1), padding: Size(1), dilation: Size(1, 2),
                                       bias: false), inputs: ["image"]),
            Layer("rise", .relu, inputs: ["stem"]),
            Layer("pool", .maxPooling(kernel: Size(3), stride: Size(2), padding: Size(1)), inputs: ["rise"]),
            Layer("mean", .averagePooling(kernel: Size(3), stride: Size(1), padding: Size(1)), inputs: ["pool"]),
            Layer("sum", .add, inputs: ["pool", "mean"]),
            Layer("drop", .dropout(rate: 0.25), inputs: ["sum"]),
            Layer("features", .globalAveragePooling, inputs: ["drop"]),
            Layer("logits", .linear(features: 4, bias: false), inputs: ["features"]),
        ]
        let architecture = try Architecture(layers: layers)
        #expect(try Architecture(text: architecture.description) == architecture)
        #expect(architecture.description.contains("stem = convolution(image, channels: 8, kernel: 3x5, stride: 2x1, "
            + "padding: 1x1, dilation: 1x2, bias: false)"))
    }

    @Test func textAllowsCommentsBlanksAndShortSizes() throws {
        let text = "# a comment\r\n\r\n  a = convolution( image , channels: 2, kernel: 3 )\r\nb=flatten(a)\r\nc = linear(b, features: 2)"
        let architecture = try Architecture(text: text)
        #expect(architecture.layers[0].kind == .convolution(channels: 2, kernel: Size(3)))
        #expect(architecture.layers.count == 3)
    }

    /// Each text, and a word that its refusal must hold.
    @Test(arguments: [
        ("", "needs a layer"),
        ("nonsense", "line 1"),
        ("a = conv(image)", "'conv'"),
        ("a = convolution(image, kernel: 3)", "channels"),
        ("a = convolution(image, channels: two, kernel: 3)", "'two'"),
        ("a = convolution(image, channels: 2, kernel: 3x)", "5x5"),
        ("a = convolution(image, channels: 2, kernel: 0)", "0x0"),
        ("a = convolution(image, channels: 2, kernel: 3, pad: 1)", "'pad'"),
        ("a = convolution(image, channels: 2, kernel: 3, kernel: 5)", "twice"),
        ("a = convolution(image, channels: 99999999999, kernel: 3)", "channels"),
        ("a = convolution(image, channels: 99999999999999999999, kernel: 3)", "whole number"),
        ("a = maxPooling(image, kernel: 2, padding: 2)", "padding"),
        ("a = dropout(image, rate: 1)", "rate"),
        ("a = dropout(image, rate: nan)", "rate"),
        ("a = linear(image, features: 0)", "features"),
        ("a = relu(b)", "'b'"),
        ("a = relu(a)", "'a'"),
        ("a = relu(image)\na = relu(a)", "twice"),
        ("image = relu(image)", "'image'"),
        ("1a = relu(image)", "'1a'"),
        ("a b = relu(image)", "'a b'"),
        ("a = add(image)", "two or more"),
        ("a = relu(image, image)", "takes one"),
        ("a = relu(image)\nb = relu(image)", "nothing reads layer 'a'"),
    ])
    func badTextIsRefused(text: String, word: String) throws {
        let error = #expect(throws: NetworkError.self) { try Architecture(text: text) }
        #expect(try #require(error).description.contains(word))
    }

    /// Architectures that parse but do not hold together for an image of 8x8x3.
    @Test(arguments: [
        ("a = linear(image, features: 2)", "flatten"),
        ("a = flatten(image)\nb = convolution(a, channels: 2, kernel: 1)", "needs a map"),
        ("a = convolution(image, channels: 2, kernel: 1)\nb = add(image, a)\nc = flatten(b)", "adds"),
        ("a = convolution(image, channels: 2, kernel: 1)", "gives a map"),
        ("a = flatten(image)\nb = linear(a, features: 1)", "2 classes"),
    ])
    func badCombinationsAreRefused(text: String, word: String) throws {
        let architecture = try Architecture(text: text)
        let error = #expect(throws: NetworkError.self) {
            try architecture.classes(image: MapShape(height: 8, width: 8, channels: 3))
        }
        #expect(try #require(error).description.contains(word))
    }

    /// Each option is in its range, but padding widens the map from layer to layer until its size cannot be counted.
    @Test(arguments: [1, 100, 400, 2000]) func mapsBeyondCountingAreRefused(layers: Int) throws {
        let padded = (0 ..< layers).map { Layer("a\($0)", .convolution(channels: 1, kernel: Size(1), padding: Size(4096)),
                                                inputs: [$0 == 0 ? Architecture.image : "a\($0 - 1)"]) }
        let wide = Layer("wide", .convolution(channels: 1 << 20, kernel: Size(1)), inputs: ["a\(layers - 1)"])
        let architecture = try Architecture(layers: padded + [wide]), image = MapShape(height: 8, width: 8, channels: 1)
        guard layers > 1 else {
            #expect(try architecture.shapes(image: image).last == MapShape(height: 8200, width: 8200, channels: 1 << 20))
            return
        }
        let error = #expect(throws: NetworkError.self) { try architecture.shapes(image: image) }
        #expect(try #require(error).description.contains("layer 'wide' gives \(8 + 8192 * layers)x"))
    }

    /// A chain as long as a text may be is followed to its beginning without recursion.
    @Test func longChainsOfPoolingsAreFollowed() throws {
        let length = 20_000
        var sequence: [(name: String, kind: LayerKind)] = [("conv", .convolution(channels: 3, kernel: Size(1)))]
        for i in 0 ..< length { sequence.append(("p\(i)", .maxPooling(kernel: Size(1), stride: Size(1)))) }
        sequence += [("bn", .batchNormalisation()), ("mean", .globalAveragePooling)]
        let architecture = try Architecture(sequence: sequence)
        let network = try Network(architecture: architecture, imageShape: MapShape(height: 4, width: 4, channels: 1), seed: 1)
        #expect(network.classes == 3)
    }

    /// Each option is in its range, but no memory could hold the weights.
    @Test func weightsBeyondCountingAreRefused() throws {
        let architecture = try Architecture(text: """
            a = convolution(image, channels: 1048576, kernel: 1)
            b = convolution(a, channels: 1048576, kernel: 4096, padding: 4095)
            p = globalAveragePooling(b)
            c = linear(p, features: 3)
            """)
        #expect(throws: NetworkError.self) {
            try Network(architecture: architecture, imageShape: MapShape(height: 8, width: 8, channels: 3), seed: 1)
        }
    }
}
