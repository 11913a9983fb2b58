import Testing
@testable import Kernels

/// Five steps on random gradients, against the plain formulas in Double.
@Suite(.serialized) struct OptimiserTests {
    @Test(arguments: flatLengths, [(Float(0.02), Float(0)), (0, 0.05)]) func adam(count: Int, decays: (l2: Float, shrink: Float)) {
        let random = Numbers(seed: 7)
        let weights = Memory(random.values(count)), first = Memory(count: count), second = Memory(count: count)
        first.base.update(repeating: 0, count: count)
        second.base.update(repeating: 0, count: count)
        var wanted = weights.values.map { (weight: Double($0), first: 0.0, second: 0.0) }
        for step in 1 ... 5 {
            let gradient = Memory(random.values(count))
            let rates = AdamUpdate.Rates(
                rate: 0.01, beta1: 0.9, beta2: 0.999, epsilon: 1e-8, decay: decays.l2, shrink: decays.shrink,
                correction1: 1 - power(0.9, step), correction2: 1 - power(0.999, step))
            ThreadPool.shared.run(AdamUpdate(count: count, rates: rates, weights: weights.base, gradient: gradient.base,
                                             first: first.base, second: second.base))
            for i in 0 ..< count {
                wanted[i] = Reference.adam(weight: wanted[i].weight, gradient: Double(gradient.base[i]), first: wanted[i].first,
                                           second: wanted[i].second, rates: rates)
            }
        }
        // A step is at most about `rate`; where g nearly cancels the decay its direction is ill conditioned.
        expectClose(weights.values, wanted.map(\.weight), terms: 40)
        expectClose(first.values, wanted.map(\.first), terms: 5)
        expectClose(second.values, wanted.map(\.second), terms: 5)
        #expect(weights.guardIsIntact && first.guardIsIntact && second.guardIsIntact)
    }

    @Test(arguments: flatLengths, [false, true]) func momentum(count: Int, nesterov: Bool) {
        let random = Numbers(seed: 8)
        let weights = Memory(random.values(count)), velocity = Memory(count: count)
        velocity.base.update(repeating: 0, count: count)
        var wanted = weights.values.map { (weight: Double($0), velocity: 0.0) }
        for _ in 1 ... 5 {
            let gradient = Memory(random.values(count))
            ThreadPool.shared.run(MomentumUpdate(count: count, rate: 0.05, momentum: 0.9, decay: 0.01, nesterov: nesterov,
                                                 weights: weights.base, gradient: gradient.base, velocity: velocity.base))
            for i in 0 ..< count {
                wanted[i] = Reference.momentum(weight: wanted[i].weight, gradient: Double(gradient.base[i]),
                                               velocity: wanted[i].velocity, rate: 0.05, momentum: 0.9, decay: 0.01,
                                               nesterov: nesterov)
            }
        }
        expectClose(weights.values, wanted.map(\.weight), terms: 10)
        expectClose(velocity.values, wanted.map(\.velocity), terms: 10)
        #expect(weights.guardIsIntact && velocity.guardIsIntact)
    }

    private func power(_ base: Float, _ exponent: Int) -> Float { (0 ..< exponent).reduce(1) { product, _ in product * base } }
}
