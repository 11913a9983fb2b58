/// y = scale · x + shift channel by channel, plus a residual where there is one, and no less than 0 if `relu`.
public struct Normalise: ParallelWork {
    let rows: ChannelRows
    let memory: ChannelMemory
    let input: MapMemory
    let residual: MapMemory?
    let output: MapMemory
    let relu: Bool

    public init(rows: ChannelRows, memory: ChannelMemory, input: MapMemory, residual: MapMemory?, output: MapMemory,
                relu: Bool) {
        self.rows = rows
        self.memory = memory
        self.input = input
        self.residual = residual
        self.output = output
        self.relu = relu
    }

    public var partCount: Int { rows.parts }

    /// Last rows first: the pass over the statistics has just read them, and they may still be in the cache.
    public func run(part: Int) {
        rows.forEachRow(part: partCount &- 1 &- part) { image, row in
            forEachVector(rows.channels, Scale(
                work: self, x: input.row(image, row), residual: residual.map { UnsafePointer($0.row(image, row)) },
                y: output.row(image, row)))
        }
    }

    private struct Scale: VectorBody {
        let work: Normalise
        let x: UnsafePointer<Float>
        let residual: UnsafePointer<Float>?
        let y: UnsafeMutablePointer<Float>

        @inline(__always)
        func apply<V: FloatVector>(_ type: V.Type, at offset: Int, lanes: Int) {
            let scale = V(reading: work.memory.scale + offset), shift = V(reading: work.memory.shift + offset)
            for pixel in 0 ..< work.rows.columns {
                let place = pixel &* work.rows.channels &+ offset
                var value = shift
                value.accumulate(scale, V(reading: x + place))
                if let residual { value += V(reading: residual + place) }
                if work.relu { value.clampNegative() }
                value.write(to: y + place, first: lanes)
            }
        }
    }
}
