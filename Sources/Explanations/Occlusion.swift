import Networks

/// Occlusion: how much the target falls when a patch of the image is covered (Zeiler & Fergus, ECCV 2014).
///
/// The map is the mean of y(image) − y(image with the patch covered) over the patches that lie over a pixel; zero where
/// none does. Patches start every `stride` pixels until the far edge is reached; the last ones may reach beyond it.
public struct Occlusion: Perturbation {
    /// Places of a block.
    static let block = Network.largestPass

    public let patch: Size
    public let stride: Size
    /// What covers: [height, width, channels] of the image; empty for zeros, black.
    public let baseline: [Float]

    /// - Precondition: patch and stride at least 1.
    public init(patch: Size, stride: Size, baseline: [Float] = []) {
        precondition(min(patch.height, patch.width, stride.height, stride.width) >= 1, "patch \(patch), stride \(stride)")
        self.patch = patch
        self.stride = stride
        self.baseline = baseline
    }

    private func places(_ extent: Int, _ patch: Int, _ stride: Int) -> Int { (max(extent - patch, 0) + stride - 1) / stride + 1 }

    public func count(of shape: MapShape) -> Int {
        places(shape.height, patch.height, stride.height) * places(shape.width, patch.width, stride.width)
    }

    /// Rows and columns under patch `number`.
    private func area(_ number: Int, _ shape: MapShape) -> (rows: Range<Int>, columns: Range<Int>) {
        let across = places(shape.width, patch.width, stride.width)
        let y = number / across * stride.height, x = number % across * stride.width
        return (min(y, shape.height) ..< min(y + patch.height, shape.height), min(x, shape.width) ..< min(x + patch.width, shape.width))
    }

    public func add(_ numbers: Range<Int>, of batch: PerturbedBatch, to sums: UnsafeMutablePointer<Double>) throws {
        let shape = batch.shape, pixels = shape.height * shape.width, baseline = baseline
        for first in Swift.stride(from: numbers.lowerBound, to: numbers.upperBound, by: Self.block) {
            let n = min(Self.block, numbers.upperBound - first)
            let areas = (first ..< first + n).map { area($0, shape) }
            try batch.values(changes: n, make: { numbers, canvas in
                batch.make(numbers, changes: n, canvas: canvas) { source, _, change, i in
                    let place = i / shape.channels, area = areas[change]
                    guard area.rows.contains(place / shape.width), area.columns.contains(place % shape.width) else { return source[i] }
                    return baseline.isEmpty ? 0 : baseline[i]
                }
            }, visit: { image, change, value in
                for y in areas[change].rows {
                    for x in areas[change].columns { sums[image * pixels + y * shape.width + x] += batch.values[image] - value }
                }
            })
        }
    }

    public func finish(_ sums: UnsafePointer<Double>, images: Int, shape: MapShape, values: UnsafePointer<Double>,
                       into result: PerturbationMaps) {
        // Patches over a pixel: those over its row times those over its column.
        let rows = covers(shape.height, patch.height, stride.height), columns = covers(shape.width, patch.width, stride.width)
        var i = 0
        for image in 0 ..< images {
            for y in 0 ..< shape.height {
                for x in 0 ..< shape.width {
                    result.maps[i] = Float(sums[i] / Double(max(1, rows[y] * columns[x])))
                    i += 1
                }
            }
            result.neutral?[image] = 0
        }
    }

    /// Along one axis, how many patches lie over each place.
    private func covers(_ extent: Int, _ patch: Int, _ stride: Int) -> [Int] {
        var covers = [Int](repeating: 0, count: extent)
        for number in 0 ..< places(extent, patch, stride) {
            for place in min(number * stride, extent) ..< min(number * stride + patch, extent) { covers[place] += 1 }
        }
        return covers
    }
}
