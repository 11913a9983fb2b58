import Kernels

/// Prints a line for one Adam step over all parameters of LeNet.
func measureAdam(parameters count: Int = 431_080) {
    guard isWanted("Adam, 431,080 parameters") else { return }
    let weights = buffer(count), gradient = buffer(count), first = buffer(count), second = buffer(count)
    second.update(repeating: 1, count: count)
    let rates = AdamUpdate.Rates(rate: 1e-3, beta1: 0.9, beta2: 0.999, epsilon: 1e-8, decay: 0, shrink: 0, correction1: 0.1,
                                 correction2: 0.001)
    let parts = UpdatePart.cut(0 ..< count, decays: true)
    let seconds = parts.withUnsafeBufferPointer { parts in
        median {
            let updated = UpdatedWeights(parts: parts, weights: weights, gradient: gradient)
            ThreadPool.shared.run(AdamUpdate(updated, rates: rates, first: first, second: second))
        }
    }
    let bytes = Double(7 * count * 4)
    print(row("Adam, 431,080 parameters", "step", "\(rounded(bytes / seconds / 1e9)) GB/s", "", rounded(bytes / 1e6),
              milliseconds(seconds)))
    for memory in [weights, gradient, first, second] { memory.deallocate() }
}
