/// The way back through `Normalise`: what it read and wrote, and the gradient that comes in.
public struct NormalisedMaps {
    let rows: ChannelRows
    let memory: ChannelMemory
    let input: MapMemory
    let output: MapMemory
    let outputGradient: MapMemory
    let relu: Bool
    /// Whether the output holds a residual too, so that the ReLU's cut must be read from it.
    let hasResidual: Bool

    public init(rows: ChannelRows, memory: ChannelMemory, input: MapMemory, output: MapMemory, outputGradient: MapMemory,
                relu: Bool, hasResidual: Bool) {
        self.rows = rows
        self.memory = memory
        self.input = input
        self.output = output
        self.outputGradient = outputGradient
        self.relu = relu
        self.hasResidual = hasResidual
    }

    /// One row of the three maps.
    struct Row {
        let x: UnsafePointer<Float>
        let y: UnsafePointer<Float>
        let dy: UnsafePointer<Float>
    }

    @inline(__always)
    func row(_ image: Int, _ row: Int) -> Row {
        Row(x: input.row(image, row), y: output.row(image, row), dy: outputGradient.row(image, row))
    }

    /// dy where the ReLU let pass. Without a residual the same sum as in `Normalise` tells, with the same bits.
    @inline(__always)
    func passed<V: FloatVector>(_ row: Row, _ place: Int, _ x: V, scale: V, shift: V) -> V {
        let dy = V(reading: row.dy + place)
        if !relu { return dy }
        if hasResidual { return dy.keeping(wherePositive: V(reading: row.y + place)) }
        var y = shift
        y.accumulate(scale, x)
        return dy.keeping(wherePositive: y)
    }
}

/// Σ dy and Σ dy · (x − mean) of each channel over a batch: the gradients of shift and scale, and what the batch's own
/// statistics take out of the input's. One part per few rows; `finish` adds up.
public struct NormalisationSums: ParallelWork {
    let maps: NormalisedMaps

    public init(maps: NormalisedMaps) { self.maps = maps }

    public var partCount: Int { maps.rows.parts }

    public func run(part: Int) {
        let (sum, products) = maps.memory.sums(part: part)
        sum.update(repeating: 0, count: maps.rows.channels)
        products.update(repeating: 0, count: maps.rows.channels)
        maps.rows.forEachRow(part: part) { image, row in
            forEachVector(maps.rows.channels, Sums(maps: maps, row: maps.row(image, row), sum: sum, products: products))
        }
    }

    private struct Sums: VectorBody {
        let maps: NormalisedMaps
        let row: NormalisedMaps.Row
        let sum: UnsafeMutablePointer<Float>
        let products: UnsafeMutablePointer<Float>

        @inline(__always)
        func apply<V: FloatVector>(_ type: V.Type, at offset: Int, lanes: Int) {
            let memory = maps.memory
            let mean = V(reading: memory.mean + offset), scale = V(reading: memory.scale + offset)
            let shift = V(reading: memory.shift + offset)
            var total = V(), product = V()
            for pixel in 0 ..< maps.rows.columns {
                let place = pixel &* maps.rows.channels &+ offset
                let x = V(reading: row.x + place)
                let dy = maps.passed(row, place, x, scale: scale, shift: shift)
                total += dy
                product.accumulate(dy, x - mean)
            }
            (V(reading: sum + offset) + total).write(to: sum + offset, first: lanes)
            (V(reading: products + offset) + product).write(to: products + offset, first: lanes)
        }
    }

    /// - Parameters:
    ///   - weightGradient: [C]; overwritten with Σ dy · x̂.
    ///   - biasGradient: [C]; overwritten with Σ dy.
    public func finish(weightGradient: UnsafeMutablePointer<Float>, biasGradient: UnsafeMutablePointer<Float>) {
        let memory = maps.memory, count = Double(maps.rows.pixels)
        for channel in 0 ..< maps.rows.channels {
            let (sum, product) = memory.totals(channel: channel, parts: maps.rows.parts)
            let inverse = Double(memory.inverseDeviation[channel])
            weightGradient[channel] = Float(product * inverse)
            biasGradient[channel] = Float(sum)
            memory.offset[channel] = Float(sum / count)
            memory.slope[channel] = Float(product * inverse * inverse / count)
        }
    }
}

/// dx = scale · (dy − offset − slope · (x − mean)), and the residual's gradient += dy.
///
/// By the batch's own statistics offset and slope are what `NormalisationSums` found; by running ones, 0.
public struct NormaliseGradient: ParallelWork {
    let maps: NormalisedMaps
    let byBatch: Bool
    let inputGradient: MapMemory?
    let overwrites: Bool
    let residualGradient: MapMemory?
    let overwritesResidual: Bool

    /// - Parameters:
    ///   - byBatch: whether the statistics were the batch's own.
    ///   - inputGradient: added to, or overwritten; nil if it is not wanted.
    ///   - residualGradient: added to, or overwritten; nil if it is not wanted.
    public init(maps: NormalisedMaps, byBatch: Bool, inputGradient: MapMemory?, overwrites: Bool,
                residualGradient: MapMemory?, overwritesResidual: Bool) {
        self.maps = maps
        self.byBatch = byBatch
        self.inputGradient = inputGradient
        self.overwrites = overwrites
        self.residualGradient = residualGradient
        self.overwritesResidual = overwritesResidual
    }

    public var partCount: Int { maps.rows.parts }

    /// Last rows first: the pass over the sums has just read them, and they may still be in the cache.
    public func run(part: Int) {
        maps.rows.forEachRow(part: partCount &- 1 &- part) { image, row in
            forEachVector(maps.rows.channels, Route(
                work: self, row: maps.row(image, row), dx: inputGradient.map { $0.row(image, row) },
                residual: residualGradient.map { $0.row(image, row) }))
        }
    }

    private struct Route: VectorBody {
        let work: NormaliseGradient
        let row: NormalisedMaps.Row
        let dx: UnsafeMutablePointer<Float>?
        let residual: UnsafeMutablePointer<Float>?

        @inline(__always)
        func apply<V: FloatVector>(_ type: V.Type, at offset: Int, lanes: Int) {
            let memory = work.maps.memory, rows = work.maps.rows
            let scale = V(reading: memory.scale + offset), shift = V(reading: memory.shift + offset)
            var mean = V(), taken = V(), slope = V()
            if work.byBatch {
                mean = V(reading: memory.mean + offset)
                taken = V(reading: memory.offset + offset)
                slope = V(reading: memory.slope + offset)
            }
            for pixel in 0 ..< rows.columns {
                let place = pixel &* rows.channels &+ offset
                let x = V(reading: row.x + place)
                let dy = work.maps.passed(row, place, x, scale: scale, shift: shift)
                if let residual {
                    let sum = work.overwritesResidual ? dy : V(reading: residual + place) + dy
                    sum.write(to: residual + place, first: lanes)
                }
                guard let dx else { continue }
                var sum = dy - taken
                sum.accumulate(-slope, x - mean)
                sum *= scale
                if !work.overwrites { sum += V(reading: dx + place) }
                sum.write(to: dx + place, first: lanes)
            }
        }
    }
}
