/// How far two sets of pixels agree: masks of a heatmap and of the object, one pair per image.
///
/// Masks are bytes, a pixel belonging to the set when its byte is not zero. Two empty sets agree fully and score 1;
/// an empty set against one that is not scores 0. An image without pixels has two empty sets.
public enum Overlap {
    /// Dice index of each pair: 2 |X ∩ Y| / (|X| + |Y|) (the paper, eq. 7).
    ///
    /// - Parameters:
    ///   - a: `[count, pixels]`.
    ///   - b: `[count, pixels]`.
    ///   - scores: `[count]`, receives the index, 0 ... 1.
    public static func dice(
        _ a: UnsafePointer<UInt8>, _ b: UnsafePointer<UInt8>, count: Int, pixels: Int,
        scores: UnsafeMutablePointer<Double>
    ) {
        for image in 0 ..< count {
            scores[image] = PairSizes(a + image * pixels, b + image * pixels, pixels: pixels).dice
        }
    }

    /// Intersection over union of each pair: |A ∩ B| / (|A| + |B| − |A ∩ B|) (the paper, eq. 8).
    ///
    /// - Parameters:
    ///   - a: `[count, pixels]`.
    ///   - b: `[count, pixels]`.
    ///   - scores: `[count]`, receives the ratio, 0 ... 1.
    public static func iou(
        _ a: UnsafePointer<UInt8>, _ b: UnsafePointer<UInt8>, count: Int, pixels: Int,
        scores: UnsafeMutablePointer<Double>
    ) {
        for image in 0 ..< count {
            scores[image] = PairSizes(a + image * pixels, b + image * pixels, pixels: pixels).iou
        }
    }

    /// Dice index of one pair of masks, which must be of equal length.
    public static func dice(_ a: [Bool], _ b: [Bool]) -> Double { PairSizes(a, b).dice }

    /// Intersection over union of one pair of masks, which must be of equal length.
    public static func iou(_ a: [Bool], _ b: [Bool]) -> Double { PairSizes(a, b).iou }
}

/// |A|, |B| and |A ∩ B| of one pair of masks, in pixels.
private struct PairSizes {
    var a = 0
    var b = 0
    var both = 0

    init(_ a: UnsafePointer<UInt8>, _ b: UnsafePointer<UInt8>, pixels: Int) {
        for pixel in 0 ..< pixels {
            let inA = a[pixel] == 0 ? 0 : 1
            let inB = b[pixel] == 0 ? 0 : 1
            self.a &+= inA
            self.b &+= inB
            both &+= inA & inB
        }
    }

    init(_ a: [Bool], _ b: [Bool]) {
        precondition(a.count == b.count, "masks of \(a.count) and \(b.count) pixels")
        for (inA, inB) in zip(a, b) {
            self.a += inA ? 1 : 0
            self.b += inB ? 1 : 0
            both += inA && inB ? 1 : 0
        }
    }

    var dice: Double { a + b == 0 ? 1 : Double(2 * both) / Double(a + b) }

    var iou: Double { a + b == 0 ? 1 : Double(both) / Double(a + b - both) }
}
