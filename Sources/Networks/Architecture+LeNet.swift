extension Architecture {
    /// The paper's LeNet: convolutions of 20 and 50 channels, 5x5, each followed by max pooling and ReLU, then a linear
    /// layer of 500 with ReLU, dropout 0.5, and a linear layer to the classes without any activation.
    ///
    /// - Parameters:
    ///   - classes: at least 2.
    ///   - pool: extent and stride of the pooling; 2 is the paper's text, 1 (no pooling at all, 20,000 features from
    ///     28x28 images) what the authors' code does.
    /// - Throws: `NetworkError.invalidArgument`.
    public static func leNet(classes: Int, pool: Int = 2) throws -> Architecture {
        guard classes >= 2 else { throw NetworkError.invalidArgument("classes is \(classes), but must be at least 2") }
        guard pool >= 1 else { throw NetworkError.invalidArgument("pool is \(pool), but must be at least 1") }
        return try Architecture(sequence: [
            ("conv1", .convolution(channels: 20, kernel: Size(5))),
            ("pool1", .maxPooling(kernel: Size(pool), stride: Size(pool))),
            ("relu1", .relu),
            ("conv2", .convolution(channels: 50, kernel: Size(5))),
            ("pool2", .maxPooling(kernel: Size(pool), stride: Size(pool))),
            ("relu2", .relu),
            ("flatten", .flatten),
            ("fc1", .linear(features: 500)),
            ("relu3", .relu),
            ("dropout", .dropout(rate: 0.5)),
            ("fc2", .linear(features: classes)),
        ])
    }
}
