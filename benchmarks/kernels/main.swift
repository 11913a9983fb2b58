// Speed of the kernels on this machine: `make bench-kernels`.
//
// Words name the products and passes to measure, e.g. `conv2 weight`; without any, all are.
//
// For every product of the networks that are trained here: billions of operations a second on one core, as a share of
// the processor's limit, and the megabytes that must be read and written at least.

import Kernels

ThreadPool.shared.threadCount = 1
let limit = multiplyAddLimit()
print("engine for \(InstructionSet.name), one core: limit \(rounded(limit)) GFLOP/s")
print(row("product", "pass", "GFLOP/s", "of limit", "MB", "ms"))
for product in products {
    measure(product, limit: limit)
    measureWinograd(product, limit: limit)
}
for maps in poolings { measurePooling(maps) }
measureGlobalPooling(side: 4, channels: 512)
for maps in normalised { measureNormalisation(maps) }
measureAdam()
