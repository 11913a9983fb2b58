/// Where the cells of a layer's output lie in the image, along one axis.
///
/// Positions are 0-based pixel centres of the network's input: 0, 1, 2, … Cell i sees the `size` pixels around
/// `start + i · jump`. A layer's kernel, stride and padding fix all three numbers, whatever the image's size
/// (Araujo, Norris & Sim, "Computing Receptive Fields of CNNs", Distill 2019).
///
/// Layers that work element by element change nothing. Layers without spatial extent (flatten, linear, global
/// pooling) see the whole image and have no receptive field in this sense: the caller stops before them.
public struct ReceptiveField: Equatable, Sendable {
    /// j: pixels between the centres of neighbouring cells.
    public var jump: Double
    /// r: pixels one cell sees, those in the padding included.
    public var size: Double
    /// Position of the first cell's centre; negative when padding moves it out of the image.
    public var start: Double

    public init(jump: Double, size: Double, start: Double) {
        self.jump = jump
        self.size = size
        self.start = start
    }

    /// The image itself: each pixel sees itself.
    public static let identity = ReceptiveField(jump: 1, size: 1, start: 0)

    /// The field behind one more convolution or pooling layer.
    ///
    /// With k' = d (k − 1) + 1 pixels spanned by the kernel,
    ///
    ///     r ← r + (k' − 1) j;   start ← start + ((k' − 1)/2 − p) j;   j ← s j
    ///
    /// - Parameters:
    ///   - kernel: k, at least 1.
    ///   - stride: s, at least 1.
    ///   - padding: p, at the top or left, at least 0; what is added at the other end moves no centre.
    ///   - dilation: d, at least 1.
    public func through(kernel: Int, stride: Int = 1, padding: Int = 0, dilation: Int = 1) -> ReceptiveField {
        let reach = Double(dilation) * Double(kernel - 1)
        return ReceptiveField(
            jump: jump * Double(stride), size: size + reach * jump, start: start + (reach / 2 - Double(padding)) * jump)
    }

    /// The field where this branch of a residual block meets another: cells of both must lie at the same places, and
    /// their sum sees whatever either sees.
    ///
    /// - Returns: the field with the larger size; nil when jump or start differ, that is, when the block adds cells
    ///   of different places and no single geometry describes its output.
    public func merged(with branch: ReceptiveField) -> ReceptiveField? {
        guard jump == branch.jump, start == branch.start else { return nil }
        return ReceptiveField(jump: jump, size: max(size, branch.size), start: start)
    }

    /// Position of a cell's centre, in pixels.
    public func centre(of cell: Int) -> Double { start + Double(cell) * jump }

    /// Positions of the first and last pixel a cell sees: centre ± (r − 1)/2, not cut off at the image's border.
    public func extent(of cell: Int) -> ClosedRange<Double> {
        let centre = centre(of: cell), half = (size - 1) / 2
        return centre - half ... centre + half
    }

    /// How far the usual half-pixel bilinear resize (`Resize.bilinear`) draws each cell from where it lies.
    ///
    /// - Parameters:
    ///   - cells: m, the map's size along this axis, at least 1.
    ///   - pixels: n, the image's size along this axis, at least 1.
    public func naiveError(cells: Int, pixels: Int) -> NaiveResizeError {
        NaiveResizeError(field: self, cells: cells, pixels: pixels)
    }
}

/// Displacement of a map's cells under the half-pixel resize, which spreads them evenly over the image.
///
/// It draws cell i at (i + 0.5) n/m − 0.5 although its centre is at start + i j. The difference is linear in i: a shift
/// of the whole map and a stretch about its centre. Both vanish only if m j = n and start = (j − 1)/2.
public struct NaiveResizeError: Equatable, Sendable {
    /// Drawn minus true position of each cell, in pixels: positive when it is drawn too far right or down.
    public let displacements: [Double]
    /// How much larger than life the map is drawn: n / (m j).
    public let stretch: Double

    init(field: ReceptiveField, cells: Int, pixels: Int) {
        precondition(cells >= 1 && pixels >= 1, "\(cells) cells, \(pixels) pixels")
        let spacing = Double(pixels) / Double(cells)
        displacements = (0 ..< cells).map { (Double($0) + 0.5) * spacing - 0.5 - field.centre(of: $0) }
        stretch = spacing / field.jump
    }

    /// Displacement of the map's centre, in pixels: the shift that no stretch explains.
    public var central: Double { (displacements[0] + displacements[displacements.count - 1]) / 2 }

    /// Largest displacement of any cell, in pixels, without its sign. It is at an end, the difference being linear.
    public var largest: Double { max(abs(displacements[0]), abs(displacements[displacements.count - 1])) }
}
