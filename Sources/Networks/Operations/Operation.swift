import Kernels

/// One layer, compiled: it knows the memory it reads and writes.
///
/// `backward` turns the output's gradient into the input's, which it adds to (the plan clears what is written first),
/// and, while training, into its parameters'.
class Operation {
    func forward(_ pass: Pass) {}
    func backward(_ pass: Pass) {}
}

/// What one run of a plan needs to know.
struct Pass {
    /// Images in this batch; at most the plan's.
    var images: Int
    /// Optimisation steps done so far, and the seed of the training run: what dropout draws from.
    var step = 0
    var seed: UInt64 = 0
    let pool = ThreadPool.shared
}
