import Testing
@testable import Kernels

/// Random changes of one size of image.
struct AugmentationCase: Sendable, CustomTestStringConvertible {
    var rows: Int, width: Int, channels: Int
    var changes: AugmentedLoading.Changes
    var testDescription: String { "\(rows)x\(width)x\(channels), \(changes)" }

    static let all: [AugmentationCase] = [(7, 9, 3), (32, 32, 3), (28, 28, 1), (1, 5, 2), (13, 4, 1)].flatMap { rows, width, channels in
        let crop = min(4, min(rows, width) - 1), cutout = min(rows, width)
        return [
            AugmentedLoading.Changes(crop: crop, flip: false, cutout: 0, rotation: 0),
            AugmentedLoading.Changes(crop: crop, flip: true, cutout: 0, rotation: 0),
            AugmentedLoading.Changes(crop: 0, flip: false, cutout: cutout, rotation: 0),
            AugmentedLoading.Changes(crop: 0, flip: false, cutout: cutout / 2, rotation: 0),
            AugmentedLoading.Changes(crop: 0, flip: false, cutout: 0, rotation: 0.25),
            AugmentedLoading.Changes(crop: crop, flip: true, cutout: cutout / 2, rotation: .pi),
        ].map { AugmentationCase(rows: rows, width: width, channels: channels, changes: $0) }
    }
}

@Suite(.serialized) struct AugmentedLoadingTests {
    private let images = 5
    private let seed: UInt64 = 3
    private let epoch = 2

    private func bytes(_ count: Int) -> [UInt8] {
        let random = Philox(seed: 1, purpose: .weights)
        return (0 ..< count).map { UInt8(truncatingIfNeeded: random.block(UInt64($0)).x) }
    }

    /// What a loading of the images `indices` names leaves in memory with a border of one row and a pixel.
    private func load(_ source: [UInt8], _ indices: [Int32], _ given: AugmentationCase, asFloats: Bool = false,
                      changed: Bool = true, scaling: PixelScaling? = nil) -> [Float] {
        let rowLength = given.width * given.channels, rowStep = rowLength + 2 * given.channels
        let imageStep = (given.rows + 2) * rowStep
        let memory = Memory(count: indices.count * imageStep), floats = source.map { Float($0) / 255 }
        memory.base.update(repeating: -7, count: memory.count)
        func run(_ source: UnsafeRawPointer) {
            indices.withUnsafeBufferPointer { indices in
                let loading = ImageLoading(
                    pixels: asFloats ? .float32 : .uint8, source: source, indices: indices.baseAddress,
                    images: indices.count, rows: given.rows, rowLength: rowLength,
                    output: memory.base + rowStep + given.channels, outputRowStep: rowStep, outputImageStep: imageStep,
                    scaling: scaling)
                if changed {
                    ThreadPool.shared.run(AugmentedLoading(loading, channels: given.channels, changes: given.changes,
                                                           seed: seed, epoch: epoch))
                } else {
                    ThreadPool.shared.run(loading)
                }
            }
        }
        if asFloats { floats.withUnsafeBytes { run($0.baseAddress!) } } else { source.withUnsafeBytes { run($0.baseAddress!) } }
        // The border is as it was; what lies inside comes back without it.
        var interior: [Float] = []
        for (position, value) in memory.values.enumerated() {
            let y = position % imageStep / rowStep, x = position % rowStep
            if (1 ... given.rows).contains(y), (given.channels ..< given.channels + rowLength).contains(x) {
                interior.append(value)
            } else {
                #expect(value == -7)
            }
        }
        #expect(memory.guardIsIntact)
        return interior
    }

    private func wanted(_ source: [UInt8], _ indices: [Int32], _ given: AugmentationCase) -> [Double] {
        let size = given.rows * given.width * given.channels
        let kernel = AugmentedLoading(
            ImageLoading(pixels: .uint8, source: UnsafeRawPointer(bitPattern: 64)!, indices: nil, images: images,
                         rows: given.rows, rowLength: given.width * given.channels,
                         output: UnsafeMutablePointer(bitPattern: 64)!, outputRowStep: 0, outputImageStep: 0),
            channels: given.channels, changes: given.changes, seed: seed, epoch: epoch)
        return indices.flatMap { index in
            let draw = kernel.draw(Int(index))
            return Reference.augmented(
                source[Int(index) * size ..< (Int(index) + 1) * size].map { Double($0) / 255 }, rows: given.rows,
                width: given.width, channels: given.channels, shift: (draw.shift.x, draw.shift.y),
                isMirrored: draw.isMirrored, angle: (Double(draw.sine), Double(draw.cosine)),
                blank: (draw.blank.x, draw.blank.y), cutout: given.changes.cutout)
        }
    }

    @Test(arguments: AugmentationCase.all) func changesAsTheReference(_ given: AugmentationCase) {
        let source = bytes(images * given.rows * given.width * given.channels)
        for asFloats in [false, true] {
            let got = load(source, [3, 0, 4, 3], given, asFloats: asFloats)
            // Coordinates are rounded at 2⁻²⁴ of the image's side, and pixels differ by up to 1.
            expectClose(got, wanted(source, [3, 0, 4, 3], given), terms: given.changes.rotation == 0 ? 1 : 8 * given.width)
        }
    }

    @Test func nothingChangesNothing() {
        let given = AugmentationCase(rows: 6, width: 5, channels: 3,
                                     changes: AugmentedLoading.Changes(crop: 0, flip: false, cutout: 0, rotation: 0))
        let source = bytes(images * 90)
        #expect(load(source, [2, 1], given) == load(source, [2, 1], given, changed: false))
    }

    /// (x − mean) / deviation, then zeros where cutout blanks.
    @Test(arguments: [false, true]) func scalesChannelByChannel(changed: Bool) {
        let given = AugmentationCase(rows: 6, width: 5, channels: 3,
                                     changes: AugmentedLoading.Changes(crop: 2, flip: true, cutout: 3, rotation: 0))
        let source = bytes(images * 90), mean = [0.25, 0.5, 0.75], deviation = [0.5, 0.25, 2]
        let scale = (0 ..< 15).map { Float(1 / deviation[$0 % 3]) }
        let shift = (0 ..< 15).map { Float(-mean[$0 % 3] / deviation[$0 % 3]) }
        scale.withUnsafeBufferPointer { scale in
            shift.withUnsafeBufferPointer { shift in
                let scaling = PixelScaling(scale: scale.baseAddress!, shift: shift.baseAddress!)
                let plain = load(source, [0, 1, 4], given, changed: changed)
                let scaled = load(source, [0, 1, 4], given, changed: changed, scaling: scaling)
                let other = AugmentationCase(rows: 6, width: 5, channels: 3,
                                             changes: AugmentedLoading.Changes(crop: 2, flip: true, cutout: 0, rotation: 0))
                let uncut = load(source, [0, 1, 4], other, changed: changed, scaling: scaling)
                for i in plain.indices {
                    let wanted = (Double(plain[i]) - mean[i % 3]) / deviation[i % 3]
                    #expect(abs(Double(scaled[i]) - wanted) < 1e-6 || changed && scaled[i] == 0 && plain[i] == 0)
                    #expect(scaled[i] == uncut[i] || changed && scaled[i] == 0)
                }
                #expect(!changed || scaled != uncut)
            }
        }
    }

    /// A draw belongs to the image, wherever in a batch it stands; every shift and both mirrorings come up.
    @Test func drawsByImage() {
        let given = AugmentationCase(rows: 9, width: 8, channels: 1,
                                     changes: AugmentedLoading.Changes(crop: 2, flip: true, cutout: 4, rotation: 0.5))
        let source = bytes(images * 72)
        let all = load(source, [0, 1, 2, 3, 4], given)
        #expect(Array(all[72 ..< 144]) == load(source, [1], given))
        func drawn(in epoch: Int) -> [AugmentedLoading.Draw] {
            let kernel = AugmentedLoading(
                ImageLoading(pixels: .uint8, source: UnsafeRawPointer(bitPattern: 64)!, indices: nil, images: 1, rows: 9,
                             rowLength: 8, output: UnsafeMutablePointer(bitPattern: 64)!, outputRowStep: 0, outputImageStep: 0),
                channels: 1, changes: given.changes, seed: seed, epoch: epoch)
            return (0 ..< 4000).map(kernel.draw)
        }
        let draws = drawn(in: epoch), next = drawn(in: epoch + 1)
        for value in -2 ... 2 {
            // A fifth of 4,000, six standard deviations of 25 about it.
            #expect(abs(draws.filter { $0.shift.x == value }.count - 800) < 152)
            #expect(abs(draws.filter { $0.shift.y == value }.count - 800) < 152)
        }
        #expect(abs(draws.filter(\.isMirrored).count - 2000) < 190)
        // The next epoch has new shifts, and every image's other side.
        #expect(zip(draws, next).allSatisfy { $0.isMirrored != $1.isMirrored })
        #expect(zip(draws, next).filter { $0.shift == $1.shift }.count < 300)
        #expect(Set(draws.map(\.blank.x)) == Set(0 ..< 9) && Set(draws.map(\.blank.y)) == Set(0 ..< 8))
        #expect(draws.allSatisfy { abs($0.sine) <= 0.4795 && abs($0.sine * $0.sine + $0.cosine * $0.cosine - 1) < 1e-6 })
        #expect(abs(draws.reduce(0) { $0 + $1.sine } / 4000) < 0.03)
    }

    /// Sines and cosines of angles whose values are known.
    @Test func sinesAndCosines() {
        let root = 3.0.squareRoot() / 2, half = 0.5.squareRoot()
        let known: [(degrees: Double, sine: Double, cosine: Double)] = [
            (0, 0, 1), (30, 0.5, root), (-45, -half, half), (90, 1, 0), (120, root, -0.5), (180, 0, -1), (-180, 0, -1),
        ]
        for (degrees, sine, cosine) in known {
            let own = AugmentedLoading.sineAndCosine(degrees * .pi / 180)
            #expect(abs(own.sine - sine) < 1e-15 && abs(own.cosine - cosine) < 1e-15)
        }
    }
}
