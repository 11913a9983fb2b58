extension Reference {
    /// One image [rows, width, channels] of pixels 0 ... 1 as `AugmentedLoading` shows it without scaling, pixel by pixel
    /// in Double; (dy, dx), `angle` in radians and the blanked square's centre as drawn.
    static func augmented(_ pixels: [Double], rows: Int, width: Int, channels: Int, shift: (y: Int, x: Int), isMirrored: Bool,
                          angle: (sine: Double, cosine: Double), blank: (y: Int, x: Int), cutout: Int) -> [Double] {
        func pixel(_ y: Int, _ x: Int, _ c: Int) -> Double {
            (0 ..< rows).contains(y) && (0 ..< width).contains(x) ? pixels[(y * width + x) * channels + c] : 0
        }
        var result = [Double](repeating: 0, count: pixels.count)
        let centre = (y: Double(rows - 1) / 2, x: Double(width - 1) / 2)
        let square = (y: blank.y - cutout / 2 ..< blank.y - cutout / 2 + cutout,
                      x: blank.x - cutout / 2 ..< blank.x - cutout / 2 + cutout)
        for y in 0 ..< rows {
            for x in 0 ..< width where !(square.y.contains(y) && square.x.contains(x)) {
                let v = (y: Double(y + shift.y) - centre.y,
                         x: Double((isMirrored ? width - 1 - x : x) + shift.x) - centre.x)
                let u = (y: angle.cosine * v.y - angle.sine * v.x + centre.y,
                         x: angle.sine * v.y + angle.cosine * v.x + centre.x)
                for c in 0 ..< channels {
                    var sum = 0.0
                    // Bilinear: each pixel counts by its tent, max(0, 1 - |distance|), along either axis.
                    for j in Int(u.y.rounded(.down)) ... Int(u.y.rounded(.down)) + 1 {
                        for i in Int(u.x.rounded(.down)) ... Int(u.x.rounded(.down)) + 1 {
                            sum += max(0, 1 - abs(u.y - Double(j))) * max(0, 1 - abs(u.x - Double(i))) * pixel(j, i, c)
                        }
                    }
                    result[(y * width + x) * channels + c] = sum
                }
            }
        }
        return result
    }
}
