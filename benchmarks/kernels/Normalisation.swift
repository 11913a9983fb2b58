import Kernels

/// Maps that batch normalisation and the ReLU after it pass over: ResNet-18's on 32x32 images.
struct NormalisedBatch {
    var images = 16
    /// Rows and columns; the output has a border of one, as the next convolution asks for.
    var side: Int
    var channels: Int
}

let normalised = [
    NormalisedBatch(side: 32, channels: 64), NormalisedBatch(side: 16, channels: 128),
    NormalisedBatch(side: 8, channels: 256), NormalisedBatch(side: 4, channels: 512),
]

/// Prints a line for each pass over the maps while training, alone and with a residual.
func measureNormalisation(_ batch: NormalisedBatch) {
    let (images, side, channels) = (batch.images, batch.side, batch.channels), outer = side + 2
    let count = images * side * side * channels, pool = ThreadPool.shared
    let x = buffer(count), dx = buffer(count)
    let bordered = (0 ..< 4).map { _ in buffer(images * outer * outer * channels) }
    let plain = [x, dx].map { MapMemory(base: $0, rowStep: side * channels, imageStep: side * side * channels) }
    let maps = bordered.map {
        MapMemory(base: $0 + (outer + 1) * channels, rowStep: outer * channels, imageStep: outer * outer * channels)
    }
    let (y, dy, residual, residualGradient) = (maps[0], maps[1], maps[2], maps[3])
    let numbers = buffer(ChannelMemory.count(channels: channels)), weight = buffer(channels), bias = buffer(channels)
    weight.update(repeating: 1, count: channels)
    let memory = ChannelMemory(base: numbers, channels: channels)
    let rows = ChannelRows(images: images, rows: side, columns: side, channels: channels)
    let name = "batch normalisation, \(side)x\(side)x\(channels)"

    reportBytes(name, "statistics", floats: count) {
        let statistics = BatchStatistics(rows: rows, input: plain[0], memory: memory)
        pool.run(statistics)
        statistics.finish(weight: weight, bias: bias, epsilon: 1e-5)
    }
    for (title, residual, residualGradient) in [(name, nil, nil), (name + " + residual", residual, residualGradient)] {
        let extra = residual == nil ? 0 : 1
        let normalised = NormalisedMaps(rows: rows, memory: memory, input: plain[0], output: y, outputGradient: dy, relu: true,
                                        hasResidual: residual != nil)
        reportBytes(title, "forward", floats: (2 + extra) * count) {
            pool.run(Normalise(rows: rows, memory: memory, input: plain[0], residual: residual, output: y, relu: true))
        }
        reportBytes(title, "gradient sums", floats: (2 + extra) * count) {
            let sums = NormalisationSums(maps: normalised)
            pool.run(sums)
            sums.finish(weightGradient: weight, biasGradient: bias)
        }
        reportBytes(title, "input gradient", floats: (3 + 2 * extra) * count) {
            pool.run(NormaliseGradient(maps: normalised, byBatch: true, inputGradient: plain[1], overwrites: true,
                                       residualGradient: residualGradient, overwritesResidual: true))
        }
    }
    for pointer in bordered + [x, dx, numbers, weight, bias] { pointer.deallocate() }
}
