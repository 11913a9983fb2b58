// Register tiles: `pixels` rows by a panel of channels, kept in registers while a long sum runs.
//
// One step of the sum costs one multiply-add per vector of the tile, `pixels` broadcast scalars and one panel load.
// A tile of 8 pixels x 3 vectors keeps 24 accumulators: on x86-64-v4 that leaves 8 of the 32 registers, enough for the
// panel and the scalars, and hides the 4-cycle latency of two multiply-add units three times over.

/// A few neighbouring channels of one pixel: one to three vectors.
protocol Panel {
    init()
    init(reading source: UnsafePointer<Float>)
    /// Channels, and the vectors that hold them.
    static var width: Int { get }
    static var vectors: Int { get }
    /// self += scalar · panel
    mutating func accumulate(_ scalar: Float, _ panel: Self)
    mutating func add(_ panel: Self)
    mutating func clampNegative()
    /// Writes the first `count` channels.
    func write(to target: UnsafeMutablePointer<Float>, first count: Int)
}

struct Panel1<V: FloatVector>: Panel {
    var v0 = V()
    @inline(__always) init() {}
    @inline(__always) init(reading source: UnsafePointer<Float>) { v0 = V(reading: source) }
    @inline(__always) static var width: Int { V.scalarCount }
    @inline(__always) static var vectors: Int { 1 }
    @inline(__always) mutating func accumulate(_ scalar: Float, _ panel: Self) {
        v0.accumulate(V(repeating: scalar), panel.v0)
    }
    @inline(__always) mutating func add(_ panel: Self) { v0 += panel.v0 }
    @inline(__always) mutating func clampNegative() { v0.clampNegative() }
    @inline(__always) func write(to target: UnsafeMutablePointer<Float>, first count: Int) {
        v0.write(to: target, first: count)
    }
}

struct Panel2<V: FloatVector>: Panel {
    var v0 = V(), v1 = V()
    @inline(__always) init() {}
    @inline(__always) init(reading source: UnsafePointer<Float>) {
        v0 = V(reading: source)
        v1 = V(reading: source + V.scalarCount)
    }
    @inline(__always) static var width: Int { 2 &* V.scalarCount }
    @inline(__always) static var vectors: Int { 2 }
    @inline(__always) mutating func accumulate(_ scalar: Float, _ panel: Self) {
        let s = V(repeating: scalar)
        v0.accumulate(s, panel.v0)
        v1.accumulate(s, panel.v1)
    }
    @inline(__always) mutating func add(_ panel: Self) { v0 += panel.v0; v1 += panel.v1 }
    @inline(__always) mutating func clampNegative() { v0.clampNegative(); v1.clampNegative() }
    @inline(__always) func write(to target: UnsafeMutablePointer<Float>, first count: Int) {
        v0.write(to: target)
        v1.write(to: target + V.scalarCount, first: count &- V.scalarCount)
    }
}

struct Panel3<V: FloatVector>: Panel {
    var v0 = V(), v1 = V(), v2 = V()
    @inline(__always) init() {}
    @inline(__always) init(reading source: UnsafePointer<Float>) {
        v0 = V(reading: source)
        v1 = V(reading: source + V.scalarCount)
        v2 = V(reading: source + 2 &* V.scalarCount)
    }
    @inline(__always) static var width: Int { 3 &* V.scalarCount }
    @inline(__always) static var vectors: Int { 3 }
    @inline(__always) mutating func accumulate(_ scalar: Float, _ panel: Self) {
        let s = V(repeating: scalar)
        v0.accumulate(s, panel.v0)
        v1.accumulate(s, panel.v1)
        v2.accumulate(s, panel.v2)
    }
    @inline(__always) mutating func add(_ panel: Self) { v0 += panel.v0; v1 += panel.v1; v2 += panel.v2 }
    @inline(__always) mutating func clampNegative() {
        v0.clampNegative(); v1.clampNegative(); v2.clampNegative()
    }
    @inline(__always) func write(to target: UnsafeMutablePointer<Float>, first count: Int) {
        v0.write(to: target)
        v1.write(to: target + V.scalarCount)
        v2.write(to: target + 2 &* V.scalarCount, first: count &- 2 &* V.scalarCount)
    }
}

/// `pixels` panels that grow together. Built by doubling: `Pair<Pair<Single<P>>>` is a tile of 4 pixels.
protocol Tile {
    associatedtype P: Panel
    init()
    static var pixels: Int { get }
    /// Pixel i += x[i · step] · panel
    mutating func accumulate(_ x: UnsafePointer<Float>, step: Int, _ panel: P)
    /// Hands each pixel's number and panel on.
    func give(from first: Int, to target: some PanelTarget)
}

/// Where the sums of a tile go. Not a closure, which would stay a function of its own and take its sums through memory
/// (measured: a sixth of the time of short sums).
protocol PanelTarget {
    func take<P: Panel>(_ pixel: Int, _ panel: P)
}

struct Single<P: Panel>: Tile {
    var panel = P()
    @inline(__always) init() {}
    @inline(__always) static var pixels: Int { 1 }
    @inline(__always) mutating func accumulate(_ x: UnsafePointer<Float>, step: Int, _ panel: P) {
        self.panel.accumulate(x[0], panel)
    }
    @inline(__always) func give(from first: Int, to target: some PanelTarget) { target.take(first, panel) }
}

struct Pair<Half: Tile>: Tile {
    typealias P = Half.P
    var low = Half(), high = Half()
    @inline(__always) init() {}
    @inline(__always) static var pixels: Int { 2 &* Half.pixels }
    @inline(__always) mutating func accumulate(_ x: UnsafePointer<Float>, step: Int, _ panel: P) {
        low.accumulate(x, step: step, panel)
        high.accumulate(x + Half.pixels &* step, step: step, panel)
    }
    @inline(__always) func give(from first: Int, to target: some PanelTarget) {
        low.give(from: first, to: target)
        high.give(from: first &+ Half.pixels, to: target)
    }
}

typealias Tile1<P: Panel> = Single<P>
typealias Tile2<P: Panel> = Pair<Single<P>>
typealias Tile4<P: Panel> = Pair<Pair<Single<P>>>
typealias Tile8<P: Panel> = Pair<Pair<Pair<Single<P>>>>
typealias Tile16<P: Panel> = Pair<Pair<Pair<Pair<Single<P>>>>>

/// Work on a run of pixels that is done tile by tile.
protocol TileBody {
    /// Does the pixels from number `pixel` on, as many as the tile has.
    func apply<T: Tile>(_ type: T.Type, at pixel: Int)
}

/// Runs `body` over `count` pixels of each of so many rows: the largest tiles that the panel leaves registers for first, then
/// ever smaller ones.
@inline(__always)
func forEachTile<P: Panel>(of type: P.Type, count: Int, rows: Int = 1, _ body: some TileBody) {
    let limit = TileLimits.pixels(vectors: P.vectors) / rows
    var pixel = 0
    while limit >= 16, pixel &+ 16 <= count { body.apply(Tile16<P>.self, at: pixel); pixel &+= 16 }
    while limit >= 8, pixel &+ 8 <= count { body.apply(Tile8<P>.self, at: pixel); pixel &+= 8 }
    while limit >= 4, pixel &+ 4 <= count { body.apply(Tile4<P>.self, at: pixel); pixel &+= 4 }
    while pixel &+ 2 <= count { body.apply(Tile2<P>.self, at: pixel); pixel &+= 2 }
    if pixel < count { body.apply(Tile1<P>.self, at: pixel) }
}

/// Pixels of the largest tile: as many as the level's registers hold.
enum TileLimits {
    /// A panel of one vector gets twice the pixels: eight sums at least are needed to hide the latency.
    @inline(__always)
    static func pixels(vectors: Int) -> Int {
        #if EVICAM_X86_64_V4 || arch(arm64)
        vectors == 1 ? 16 : 8
        #else
        vectors == 1 ? 8 : 4
        #endif
    }
}
