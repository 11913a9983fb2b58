/// How a row of `channels` floats is covered by panels: three vectors wide as long as they fill, then one panel of the
/// narrowest vectors that hold the rest, so that 50 channels cost 52 lanes and not 64.
struct PanelCover: Sendable {
    struct Entry: Sendable {
        /// First channel, and number of channels.
        var first: Int
        var count: Int
        /// Floats it takes in a packed row: a whole number of vectors.
        var width: Int
    }

    private(set) var panels: [Entry] = []
    /// Floats of a packed row over all panels.
    private(set) var width = 0

    init(channels: Int) {
        let lanes = Vector.scalarCount
        var first = 0
        while first < channels {
            let count = min(channels - first, 3 * lanes)
            panels.append(Entry(first: first, count: count, width: Self.width(of: count)))
            first += count
        }
        width = panels.reduce(0) { $0 + $1.width }
    }

    private static func width(of count: Int) -> Int {
        let lanes = Vector.scalarCount
        if count > 8 || count > lanes { return (count + lanes - 1) / lanes * lanes }
        return count > 4 ? 8 : 4
    }
}

/// A loop over tiles that is generic over the panel.
protocol PanelBody {
    func apply<P: Panel>(_ type: P.Type)
}

/// Runs `body` with the panel type that holds `width` floats.
@inline(__always)
func withPanel(width: Int, _ body: some PanelBody) {
    let lanes = Vector.scalarCount
    if width == 3 &* lanes { return body.apply(Panel3<Vector>.self) }
    if width == 2 &* lanes { return body.apply(Panel2<Vector>.self) }
    if width == lanes { return body.apply(Panel1<Vector>.self) }
    if width == 8 { return body.apply(Panel1<SIMD8<Float>>.self) }
    body.apply(Panel1<SIMD4<Float>>.self)
}
