import Explanations
import Testing

/// Networks whose geometry is known, and what the half-pixel resize does to their maps.
struct KnownField: Sendable, CustomTestStringConvertible {
    let testDescription: String
    let field: ReceptiveField
    let cells: Int, pixels: Int
    let expected: ReceptiveField
    /// True centres of the first and last cell, and where the half-pixel resize draws them.
    let centres: ClosedRange<Double>, drawn: ClosedRange<Double>
    /// Largest displacement, displacement of the map's centre (pixels), and the stretch.
    let largest: Double, central: Double, stretch: Double

    static let leNet = ReceptiveField.identity
        .through(kernel: 5).through(kernel: 2, stride: 2)  // conv1, pool1
        .through(kernel: 5)  // conv2

    /// A residual block of two 3x3 convolutions; its shortcut is a 1x1 convolution when the block strides.
    static func block(_ field: ReceptiveField, stride: Int = 1) -> ReceptiveField {
        let main = field.through(kernel: 3, stride: stride, padding: 1).through(kernel: 3, padding: 1)
        let shortcut = stride == 1 ? field : field.through(kernel: 1, stride: stride)
        return main.merged(with: shortcut)!
    }

    /// Layers 1 to 4 of ResNet-18, behind its stem.
    static func resNet18(stem: ReceptiveField) -> ReceptiveField {
        [1, 2, 2, 2].reduce(stem) { block(block($0, stride: $1)) }
    }

    static func vgg16() -> ReceptiveField {
        [2, 2, 3, 3, 3].reduce(.identity) { field, convolutions in
            (0 ..< convolutions).reduce(field) { field, _ in field.through(kernel: 3, padding: 1) }
                .through(kernel: 2, stride: 2)
        }
    }

    static let all = [
        KnownField(
            testDescription: "LeNet conv2, 28x28", field: leNet, cells: 8, pixels: 28,
            expected: ReceptiveField(jump: 2, size: 14, start: 6.5), centres: 6.5 ... 20.5, drawn: 1.25 ... 25.75,
            largest: 5.25, central: 0, stretch: 1.75),
        KnownField(
            testDescription: "LeNet pool2, 28x28", field: leNet.through(kernel: 2, stride: 2), cells: 4, pixels: 28,
            expected: ReceptiveField(jump: 4, size: 16, start: 7.5), centres: 7.5 ... 19.5, drawn: 3 ... 24,
            largest: 4.5, central: 0, stretch: 1.75),
        KnownField(
            testDescription: "ResNet-18 layer4, 224x224",
            field: resNet18(
                stem: .identity.through(kernel: 7, stride: 2, padding: 3).through(kernel: 3, stride: 2, padding: 1)),
            cells: 7, pixels: 224,
            expected: ReceptiveField(jump: 32, size: 435, start: 0), centres: 0 ... 192, drawn: 15.5 ... 207.5,
            largest: 15.5, central: 15.5, stretch: 1),
        KnownField(
            testDescription: "ResNet-18 layer4 with CIFAR stem, 32x32",
            field: resNet18(stem: .identity.through(kernel: 3, padding: 1)), cells: 4, pixels: 32,
            expected: ReceptiveField(jump: 8, size: 109, start: 0), centres: 0 ... 24, drawn: 3.5 ... 27.5,
            largest: 3.5, central: 3.5, stretch: 1),
        KnownField(
            testDescription: "VGG16 pool5, 224x224", field: vgg16(), cells: 7, pixels: 224,
            expected: ReceptiveField(jump: 32, size: 212, start: 15.5), centres: 15.5 ... 207.5,
            drawn: 15.5 ... 207.5, largest: 0, central: 0, stretch: 1),
    ]
}

@Suite("Receptive field")
struct ReceptiveFieldTests {
    @Test("geometry of known networks", arguments: KnownField.all)
    func geometry(_ known: KnownField) {
        #expect(known.field == known.expected)
        #expect(known.field.centre(of: 0) == known.centres.lowerBound)
        #expect(known.field.centre(of: known.cells - 1) == known.centres.upperBound)
    }

    @Test("displacement by the half-pixel resize", arguments: KnownField.all)
    func naiveError(_ known: KnownField) {
        let error = known.field.naiveError(cells: known.cells, pixels: known.pixels)
        #expect(error.displacements.count == known.cells)
        #expect(error.displacements.first == known.drawn.lowerBound - known.centres.lowerBound)
        #expect(error.displacements.last == known.drawn.upperBound - known.centres.upperBound)
        #expect(error.largest == known.largest)
        #expect(error.central == known.central)
        #expect(error.stretch == known.stretch)
    }

    @Test("the displacement is linear from cell to cell")
    func displacementsAreLinear() {
        let error = KnownField.leNet.naiveError(cells: 8, pixels: 28)
        #expect(error.displacements == [-5.25, -3.75, -2.25, -0.75, 0.75, 2.25, 3.75, 5.25])
        // A map of one cell: drawn in the middle of the image.
        let single = ReceptiveField(jump: 4, size: 5, start: 2).naiveError(cells: 1, pixels: 9)
        #expect(single.displacements == [2])
        #expect(single.central == 2 && single.largest == 2)
    }

    @Test("dilation widens the kernel, even kernels move the start by half a pixel")
    func dilationAndEvenKernels() {
        let dilated = ReceptiveField.identity.through(kernel: 3, padding: 2, dilation: 2)
        #expect(dilated == ReceptiveField(jump: 1, size: 5, start: 0))
        let even = ReceptiveField.identity.through(kernel: 4, stride: 3, padding: 1)
        #expect(even == ReceptiveField(jump: 3, size: 4, start: 0.5))
        // Behind a jump of 3, one kernel step counts three pixels: k' = 7 at dilation 3.
        #expect(even.through(kernel: 3, stride: 2, dilation: 3) == ReceptiveField(jump: 6, size: 22, start: 9.5))
    }

    /// The three formulas against the pixels that a cell reaches when the layers are followed one by one.
    @Test("agrees with following every tap", arguments: [
        [(5, 1, 0, 1), (2, 2, 0, 1), (5, 1, 0, 1)],
        [(7, 2, 3, 1), (3, 2, 1, 1), (3, 1, 1, 1)],
        [(3, 2, 2, 2), (4, 3, 1, 1), (2, 1, 0, 3), (1, 2, 0, 1)],
    ])
    func followedTaps(layers: [(Int, Int, Int, Int)]) {
        let field = layers.reduce(ReceptiveField.identity) {
            $0.through(kernel: $1.0, stride: $1.1, padding: $1.2, dilation: $1.3)
        }
        for cell in [0, 1, 5] {
            var pixels: Set = [cell]
            for (kernel, stride, padding, dilation) in layers.reversed() {
                pixels = Set(pixels.flatMap { at in (0 ..< kernel).map { at * stride - padding + $0 * dilation } })
            }
            #expect(field.extent(of: cell) == Double(pixels.min()!) ... Double(pixels.max()!))
            #expect(field.centre(of: cell) == Double(pixels.min()! + pixels.max()!) / 2)
        }
    }

    @Test("branches merge only where their cells coincide")
    func merging() {
        let wide = ReceptiveField(jump: 2, size: 7, start: 0)
        let narrow = ReceptiveField(jump: 2, size: 1, start: 0)
        #expect(wide.merged(with: narrow) == wide)
        #expect(narrow.merged(with: wide) == wide)
        #expect(wide.merged(with: ReceptiveField(jump: 2, size: 1, start: 0.5)) == nil)
        #expect(wide.merged(with: ReceptiveField(jump: 1, size: 7, start: 0)) == nil)
    }
}
