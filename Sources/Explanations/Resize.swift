/// From a map's cells to the image's pixels.
///
/// Both ways are separable and interpolate linearly along each axis; they differ in where they believe a cell to be.
/// Maps must be finite. Weights of an axis never add up to more than 1 after rounding, so a map in 0 ... 1 stays there.
public enum Resize: Equatable, Sendable {
    /// Cell (i, j) is drawn where it lies, at pixel (y.start + i · y.jump, x.start + j · x.jump).
    ///
    /// The map is sampled at u = (pixel − start)/jump. Beyond the outermost centres it fades linearly to zero over one
    /// jump, and is zero from there on: no cell saw anything there, so nothing is claimed. Jumps must be above 0.
    case aligned(LayerGeometry)

    /// The usual resize: the map is spread evenly over the image, and its edge cells are repeated outwards.
    ///
    /// The map is sampled at u = (x + 0.5) m/n − 0.5: what PyTorch calls `align_corners=False` without antialiasing,
    /// and OpenCV `INTER_LINEAR`. It ignores the layer's geometry; `ReceptiveField.naiveError` tells the price.
    case bilinear

    /// Resizes a batch of maps in memory of the caller, who has checked that all sizes are at least 1 and that
    /// jumps are positive. Allocates per part, not per map.
    ///
    /// - Parameters:
    ///   - maps: `[count, h, w]`.
    ///   - resized: `[count, height, width]`, receives the result; must not overlap `maps`.
    public func apply(
        to maps: UnsafePointer<Float>, count: Int, h: Int, w: Int, height: Int, width: Int,
        resized: UnsafeMutablePointer<Float>
    ) {
        let rowTaps = taps(along: .vertical, cells: h, pixels: height)
        let columnTaps = taps(along: .horizontal, cells: w, pixels: width)
        ForEachImage.run(count) { images in
            withUnsafeTemporaryAllocation(of: Float.self, capacity: w) { scratch in
                let row = scratch.baseAddress!  // [w], between two rows of the map
                var output = resized + images.lowerBound * height * width
                for map in images {
                    let map = maps + map * h * w
                    for tap in rowTaps {
                        let lower = map + tap.lower * w
                        let upper = map + tap.upper * w
                        for x in 0 ..< w { row[x] = tap.lowerWeight * lower[x] + tap.upperWeight * upper[x] }
                        columnTaps.withUnsafeBufferPointer { taps in
                            for (x, tap) in taps.enumerated() {
                                output[x] = tap.lowerWeight * row[tap.lower] + tap.upperWeight * row[tap.upper]
                            }
                        }
                        output += width
                    }
                }
            }
        }
    }

    /// Resizes a batch of maps.
    ///
    /// - Parameters:
    ///   - maps: `[count, h, w]`, finite; its length must be a multiple of `h * w`.
    ///   - h: rows of a map, at least 1.
    ///   - w: columns of a map, at least 1.
    ///   - height: rows of the image, at least 1.
    ///   - width: columns of the image, at least 1.
    /// - Returns: `[count, height, width]`.
    public func callAsFunction(_ maps: [Float], h: Int, w: Int, height: Int, width: Int) -> [Float] {
        precondition(h >= 1 && w >= 1 && height >= 1 && width >= 1, "\(h) x \(w) to \(height) x \(width)")
        precondition(maps.count.isMultiple(of: h * w), "\(maps.count) values are not whole maps of \(h) x \(w)")
        if case .aligned(let geometry) = self {
            precondition(geometry.y.jump > 0 && geometry.x.jump > 0, "jumps must be above 0")
        }
        let count = maps.count / (h * w)
        return [Float](unsafeUninitializedCapacity: count * height * width) { resized, initialized in
            initialized = count * height * width
            if count == 0 { return }
            apply(to: maps, count: count, h: h, w: w, height: height, width: width, resized: resized.baseAddress!)
        }
    }
}
