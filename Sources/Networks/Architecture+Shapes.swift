extension Architecture {
    /// Shape of every layer's output for images of one shape, in the order of `layers`.
    ///
    /// - Throws: `NetworkError.invalidArchitecture` when inputs do not match or an output is too large, `.invalidImages` when
    ///   the image is too small for a layer.
    public func shapes(image: MapShape) throws -> [MapShape] {
        guard image.height >= 1, image.width >= 1, image.channels >= 1, image.height <= 1 << 16, image.width <= 1 << 16,
              image.channels <= 1 << 16 else {
            throw NetworkError.invalidImages("images must be at least 1x1x1 and at most 65536 along each axis, not \(image)")
        }
        var known: [String: MapShape] = [Self.image: image]
        return try layers.map { layer in
            let shape = try Self.shape(of: layer, inputs: layer.inputs.map { known[$0]! }, image: image)
            guard Self.canBeCounted(shape) else {
                throw NetworkError.invalidArchitecture("layer '\(layer.name)' gives \(shape) for one image, which is too large")
            }
            known[layer.name] = shape
            return shape
        }
    }

    /// Number of logits.
    public func classes(image: MapShape) throws -> Int {
        let last = try shapes(image: image).last!
        guard !last.isMap else {
            throw NetworkError.invalidArchitecture(
                "the last layer '\(layers.last!.name)' gives a map \(last); end with linear or globalAveragePooling")
        }
        guard last.channels >= 2 else {
            throw NetworkError.invalidArchitecture("a classifier needs at least 2 classes, not \(last.channels)")
        }
        return last.channels
    }

    /// Floats of an image's output at a layer, at most, with the widest border that readers may ask for: a petabyte's. Padding
    /// widens a map from layer to layer without end; up to here what is computed from a layer's size cannot overflow, but
    /// for products with the batch, which are checked where they are made.
    private static let largestOutput = 1 << 50

    private static func canBeCounted(_ shape: MapShape) -> Bool {
        let border = shape.isMap ? 2 * largestExtent : 0
        let (row, overflow) = (shape.width + border).multipliedReportingOverflow(by: shape.channels)
        let (all, overflowToo) = (shape.height + border).multipliedReportingOverflow(by: row)
        return !overflow && !overflowToo && all <= largestOutput
    }

    private static func shape(of layer: Layer, inputs: [MapShape], image: MapShape) throws -> MapShape {
        let input = inputs[0]
        func map() throws -> MapShape {
            guard input.isMap else {
                throw NetworkError.invalidArchitecture(
                    "layer '\(layer.name)' (\(layer.kind.name)) needs a map, but '\(layer.inputs[0])' gives features")
            }
            return input
        }
        func windows(_ kernel: Size, _ stride: Size, _ padding: Size, _ dilation: Size = Size(1)) throws -> Size {
            let input = try map()
            let span = Size(dilation.height * (kernel.height - 1) + 1, dilation.width * (kernel.width - 1) + 1)
            let room = Size(input.height + 2 * padding.height - span.height,
                            input.width + 2 * padding.width - span.width)
            guard room.height >= 0, room.width >= 0 else {
                throw NetworkError.invalidImages(
                    "images of \(image.height)x\(image.width) are too small for layer '\(layer.name)': its window of "
                        + "\(span) does not fit into the \(input.height)x\(input.width) left there")
            }
            return Size(room.height / stride.height + 1, room.width / stride.width + 1)
        }
        switch layer.kind {
        case .convolution(let channels, let kernel, let stride, let padding, let dilation, _):
            let size = try windows(kernel, stride, padding, dilation)
            return MapShape(height: size.height, width: size.width, channels: channels)
        case .maxPooling(let kernel, let stride, let padding), .averagePooling(let kernel, let stride, let padding):
            let size = try windows(kernel, stride, padding)
            return MapShape(height: size.height, width: size.width, channels: input.channels)
        case .globalAveragePooling:
            return MapShape(features: try map().channels)
        case .linear(let features, _):
            guard !input.isMap else {
                throw NetworkError.invalidArchitecture(
                    "layer '\(layer.name)' (linear) needs features, but '\(layer.inputs[0])' gives a map \(input): put "
                        + "flatten or globalAveragePooling before it")
            }
            return MapShape(features: features)
        case .batchNormalisation, .relu, .dropout:
            return input
        case .flatten:
            return MapShape(features: input.count)
        case .add:
            for (name, other) in zip(layer.inputs, inputs) where other != input {
                throw NetworkError.invalidArchitecture(
                    "layer '\(layer.name)' adds '\(layer.inputs[0])' of \(input) to '\(name)' of \(other)")
            }
            return input
        }
    }
}
