import Explanations
import Testing

/// A map whose values repeat no pattern that a mistaken index could meet again.
private func unevenMap(_ count: Int) -> [Float] {
    (0 ..< count).map { Float(($0 * 37 + 11) % 101) / 101 }
}

/// Σ position · value / Σ value over the columns of one row.
private func centroid(_ row: [Float]) -> Double {
    let mass = row.reduce(0) { $0 + Double($1) }
    return row.enumerated().reduce(0) { $0 + Double($1.offset) * Double($1.element) } / mass
}

extension ResizeGolden: CustomTestStringConvertible {
    var testDescription: String { "\(resize), \(h)x\(w) to \(height)x\(width)" }
}

@Suite("Resize")
struct ResizeTests {
    @Test("agrees with PyTorch and SciPy", arguments: ResizeGolden.all)
    func golden(_ golden: ResizeGolden) {
        let resized = golden.resize(golden.map, h: golden.h, w: golden.w, height: golden.height, width: golden.width)
        #expect(resized.count == golden.resized.count)
        for (ours, theirs) in zip(resized, golden.resized) { #expect(abs(ours - theirs) <= 2e-6) }
    }

    @Test("every map of a batch is resized like a map alone", arguments: [
        Resize.bilinear, .aligned(startY: 1, startX: -0.5, jump: 2.5),
    ])
    func batch(_ resize: Resize) {
        let maps = unevenMap(3 * 4 * 5)
        let together = resize(maps, h: 4, w: 5, height: 11, width: 13)
        let alone = (0 ..< 3).flatMap {
            resize(Array(maps[$0 * 20 ..< ($0 + 1) * 20]), h: 4, w: 5, height: 11, width: 13)
        }
        #expect(together == alone)
        #expect(resize([], h: 4, w: 5, height: 11, width: 13).isEmpty)
    }

    @Test("a bilinear resize to the same size changes nothing")
    func identity() {
        let map = unevenMap(6 * 7)
        #expect(Resize.bilinear(map, h: 6, w: 7, height: 6, width: 7) == map)
        #expect(Resize.aligned(startY: 0, startX: 0, jump: 1)(map, h: 6, w: 7, height: 6, width: 7) == map)
    }

    /// start = (j − 1)/2 and m j = n: the geometry that the half-pixel resize assumes.
    @Test("both ways agree inside the outermost centres where the geometry is even", arguments: [2, 3, 4, 7, 8])
    func evenGeometry(jump: Int) {
        let cells = 5, pixels = cells * jump, start = Double(jump - 1) / 2
        let map = unevenMap(cells * cells)
        let aligned = Resize.aligned(startY: start, startX: start, jump: Double(jump))(
            map, h: cells, w: cells, height: pixels, width: pixels)
        let bilinear = Resize.bilinear(map, h: cells, w: cells, height: pixels, width: pixels)
        let last = start + Double((cells - 1) * jump)
        for y in 0 ..< pixels {
            for x in 0 ..< pixels {
                let inside = start ... last ~= Double(y) && start ... last ~= Double(x)
                let difference = abs(aligned[y * pixels + x] - bilinear[y * pixels + x])
                if inside { #expect(difference <= 1e-6) } else { #expect(difference > 0) }
            }
        }
    }

    @Test("a map that is linear in position is reproduced between the outermost centres")
    func linearMap() {
        let h = 6, w = 5, startY = 2.5, startX = 4.0, jump = 3.0
        func value(_ y: Double, _ x: Double) -> Double { 0.25 * y - 0.5 * x + 3 }
        var map: [Float] = []
        for i in 0 ..< h {
            for j in 0 ..< w { map.append(Float(value(startY + Double(i) * jump, startX + Double(j) * jump))) }
        }
        let height = 22, width = 20
        let resized = Resize.aligned(startY: startY, startX: startX, jump: jump)(
            map, h: h, w: w, height: height, width: width)
        for y in 3 ... 17 {
            for x in 4 ... 16 {
                #expect(abs(Double(resized[y * width + x]) - value(Double(y), Double(x))) <= 1e-6)
            }
        }
    }

    @Test("one cell peaks at its true centre", arguments: 0 ..< 8)
    func oneHot(cell: Int) {
        var row = [Float](repeating: 0, count: 8)
        row[cell] = 1
        // Odd receptive field: the centre is a pixel, which gets the cell's whole value.
        let odd = Resize.aligned(startY: 0, startX: 3, jump: 4)(row, h: 1, w: 8, height: 1, width: 40)
        #expect(odd[3 + 4 * cell] == 1)
        #expect(odd.filter { $0 == 1 }.count == 1)
        #expect(odd.filter { $0 != 0 }.count == 7)
        #expect(centroid(odd) == Double(3 + 4 * cell))
        // LeNet's second convolution: the centre lies between two pixels, which get the same.
        let even = Resize.aligned(startY: 0, startX: 6.5, jump: 2)(row, h: 1, w: 8, height: 1, width: 28)
        #expect(even[6 + 2 * cell] == 0.75 && even[7 + 2 * cell] == 0.75)
        #expect(even.max() == 0.75)
        #expect(centroid(even) == 6.5 + 2 * Double(cell))
    }

    @Test("the half-pixel resize draws a cell as far off as its error says")
    func naiveErrorIsSeen() {
        let field = ReceptiveField(jump: 2, size: 14, start: 6.5)
        let error = field.naiveError(cells: 8, pixels: 28)
        // An inner pair of cells, whose spread is not cut off at the edge.
        for cell in 2 ... 4 {
            var row = [Float](repeating: 0, count: 8)
            row[cell] = 1
            row[cell + 1] = 1
            let drawn = centroid(Resize.bilinear(row, h: 1, w: 8, height: 1, width: 28))
            let middle = (field.centre(of: cell) + field.centre(of: cell + 1)) / 2
            let expected = (error.displacements[cell] + error.displacements[cell + 1]) / 2
            #expect(abs(drawn - middle - expected) < 1e-6)
        }
    }

    @Test("beyond the outermost centres the map fades to zero over one jump")
    func fade() {
        let row = Resize.aligned(startY: 0, startX: 8, jump: 4)([1, 1, 1], h: 1, w: 3, height: 1, width: 24)
        let expected: [Float] = [0, 0, 0, 0, 0, 0.25, 0.5, 0.75, 1, 1, 1, 1, 1, 1, 1, 1, 1, 0.75, 0.5, 0.25, 0, 0, 0, 0]
        #expect(row == expected)
    }

    @Test("a map of one cell is a tent; one that lies outside the image is not drawn")
    func singleCell() {
        let tent = Resize.aligned(startY: 1, startX: 2, jump: 2)([4], h: 1, w: 1, height: 3, width: 5)
        #expect(tent == [0, 1, 2, 1, 0, 0, 2, 4, 2, 0, 0, 1, 2, 1, 0])
        #expect(Resize.bilinear([4], h: 1, w: 1, height: 2, width: 3) == [4, 4, 4, 4, 4, 4])
        let outside = Resize.aligned(startY: 1, startX: -20, jump: 2)([4], h: 1, w: 1, height: 3, width: 5)
        #expect(outside == [Float](repeating: 0, count: 15))
        let tiny = Resize.aligned(startY: 0.5, startX: 0.5, jump: .leastNormalMagnitude)(
            [4], h: 1, w: 1, height: 2, width: 2)
        #expect(tiny == [0, 0, 0, 0])
    }

    @Test("a map in 0 ... 1 stays there, rounding included", arguments: [
        Resize.bilinear, .aligned(startY: 1.3, startX: 0.7, jump: 3.1), .aligned(startY: 0, startX: -2, jump: 7),
    ])
    func bounds(_ resize: Resize) {
        let ones = [Float](repeating: 1, count: 30)
        for size in 1 ... 60 {
            for map in [ones, unevenMap(30)] {
                let resized = resize(map, h: 6, w: 5, height: size, width: 61 - size)
                #expect(resized.allSatisfy { 0 ... 1 ~= $0 })
            }
        }
        if resize == .bilinear {
            #expect(resize(ones, h: 6, w: 5, height: 23, width: 29).allSatisfy { $0 == 1 })
        }
    }
}
