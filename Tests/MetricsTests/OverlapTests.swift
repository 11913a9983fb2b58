import Metrics
import Testing

@Suite("Overlap")
struct OverlapTests {
    @Test("scores by hand")
    func byHand() {
        let a = [true, true, true, false, false, false], b = [false, true, true, true, true, false]
        // |A| = 3, |B| = 4, |A ∩ B| = 2, |A ∪ B| = 5
        #expect(Overlap.dice(a, b) == 4.0 / 7.0)
        #expect(Overlap.iou(a, b) == 2.0 / 5.0)
        #expect(Overlap.dice(a, a) == 1 && Overlap.iou(a, a) == 1)
        let complement = a.map { !$0 }
        #expect(Overlap.dice(a, complement) == 0 && Overlap.iou(a, complement) == 0)
    }

    @Test("two empty masks agree fully, one empty mask does not agree at all")
    func emptyMasks() {
        let empty = [false, false], full = [true, false]
        #expect(Overlap.dice(empty, empty) == 1 && Overlap.iou(empty, empty) == 1)
        #expect(Overlap.dice(empty, full) == 0 && Overlap.iou(empty, full) == 0)
        #expect(Overlap.dice(full, empty) == 0 && Overlap.iou(full, empty) == 0)
        #expect(Overlap.dice([], []) == 1 && Overlap.iou([], []) == 1)
    }

    /// Every pair of masks of five pixels, against sets; any byte but zero is in the mask.
    @Test("a batch of all pairs agrees with sets")
    func allPairs() {
        let pixels = 5, sizes = 1 << pixels, count = sizes * sizes
        var a: [UInt8] = [], b: [UInt8] = []
        for pair in 0 ..< count {
            for pixel in 0 ..< pixels {
                a.append((pair / sizes) >> pixel & 1 == 1 ? 255 : 0)
                b.append((pair % sizes) >> pixel & 1 == 1 ? UInt8(1 << pixel) : 0)
            }
        }
        var dice = [Double](repeating: .nan, count: count), iou = dice
        Overlap.dice(a, b, count: count, pixels: pixels, scores: &dice)
        Overlap.iou(a, b, count: count, pixels: pixels, scores: &iou)
        for pair in 0 ..< count {
            let x = Set((0 ..< pixels).filter { a[pair * pixels + $0] != 0 })
            let y = Set((0 ..< pixels).filter { b[pair * pixels + $0] != 0 })
            let both = Double(x.intersection(y).count), union = Double(x.union(y).count)
            #expect(dice[pair] == (x.isEmpty && y.isEmpty ? 1 : 2 * both / Double(x.count + y.count)))
            #expect(iou[pair] == (x.isEmpty && y.isEmpty ? 1 : both / union))
            // Dice = 2 IoU / (1 + IoU), so both rank pairs alike.
            #expect(abs(dice[pair] - 2 * iou[pair] / (1 + iou[pair])) < 1e-15)
        }
    }
}
