// Between images and transformed tiles: each body moves one vector of a tile's channels.

extension TileView {
    @inline(__always)
    func moved(by offset: Int) -> TileView { TileView(base: base + offset, rowStep: rowStep, columnStep: columnStep) }

    /// Copies the vectors of `source` that exist, zeros for the others.
    @inline(__always)
    func fill<V: FloatVector>(_ type: V.Type, side: Int, from source: TileView, rows: Int, columns: Int) {
        for row in 0 ..< side {
            for column in 0 ..< side {
                let exists = row < rows && column < columns
                (exists ? V(reading: source.at(row, column)) : V()).write(to: at(row, column))
            }
        }
    }
}

/// Bᵀ x B of one tile's inputs.
struct ReadInputs<L: AxisTransform>: VectorBody {
    let x: TileView
    let rows: Int
    let columns: Int
    let y: TileView
    let scratch: WinogradLayer.Scratch

    @inline(__always)
    func apply<V: FloatVector>(_ type: V.Type, at offset: Int, lanes: Int) {
        var source = x.moved(by: offset)
        if rows < L.inputs || columns < L.inputs {
            let edge = TileView.dense(type, scratch.before, side: L.inputs)
            edge.fill(type, side: L.inputs, from: source, rows: rows, columns: columns)
            source = edge
        }
        L.applyToBothAxes(type, source, y.moved(by: offset), scratch: scratch.middle)
    }
}

/// Aᵀ m A of one tile's products, with bias and ReLU, to the outputs that exist.
struct WriteOutputs<L: AxisTransform>: VectorBody {
    let x: TileView
    let y: TileView
    let rows: Int
    let columns: Int
    let bias: UnsafePointer<Float>?
    let relu: Bool
    let scratch: WinogradLayer.Scratch

    @inline(__always)
    func apply<V: FloatVector>(_ type: V.Type, at offset: Int, lanes: Int) {
        let tile = TileView.dense(type, scratch.after, side: L.outputs)
        L.applyToBothAxes(type, x.moved(by: offset), tile, scratch: scratch.middle)
        let target = y.moved(by: offset)
        let bias = bias.map { V(reading: $0 + offset) } ?? V()
        for row in 0 ..< min(rows, L.outputs) {
            for column in 0 ..< min(columns, L.outputs) {
                var sum = V(reading: tile.at(row, column)) + bias
                if relu { sum.clampNegative() }
                sum.write(to: target.at(row, column), first: lanes)
            }
        }
    }
}

/// A dy Aᵀ of one tile's output gradient; its sum is added to the bias gradient.
struct ReadOutputGradient<L: AxisTransform>: VectorBody {
    let x: TileView
    let rows: Int
    let columns: Int
    let y: TileView
    /// Whole vectors are added: what they hold past the last output is of no use.
    let biasGradient: UnsafeMutablePointer<Float>
    let scratch: WinogradLayer.Scratch

    @inline(__always)
    func apply<V: FloatVector>(_ type: V.Type, at offset: Int, lanes: Int) {
        let tile = TileView.dense(type, scratch.before, side: L.inputs)
        tile.fill(type, side: L.inputs, from: x.moved(by: offset), rows: rows, columns: columns)
        var sum = V(reading: biasGradient + offset)
        for row in 0 ..< L.inputs { for column in 0 ..< L.inputs { sum += V(reading: tile.at(row, column)) } }
        sum.write(to: biasGradient + offset)
        L.applyToBothAxes(type, tile, y.moved(by: offset), scratch: scratch.middle)
    }
}

/// B x̂ Bᵀ of one tile's transformed input gradient, added to the inputs that exist.
struct AddInputGradient<L: AxisTransform>: VectorBody {
    let x: TileView
    let y: TileView
    let rows: Int
    let columns: Int
    let scratch: WinogradLayer.Scratch

    @inline(__always)
    func apply<V: FloatVector>(_ type: V.Type, at offset: Int, lanes: Int) {
        let tile = TileView.dense(type, scratch.after, side: L.outputs)
        L.applyToBothAxes(type, x.moved(by: offset), tile, scratch: scratch.middle)
        let target = y.moved(by: offset)
        for row in 0 ..< min(rows, L.outputs) {
            for column in 0 ..< min(columns, L.outputs) {
                let place = target.at(row, column)
                (V(reading: place) + V(reading: tile.at(row, column))).write(to: place, first: lanes)
            }
        }
    }
}
