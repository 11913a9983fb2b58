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
        let parts = UpdatePart.cut(0 ..< count, decays: true)
        for step in 1 ... 5 {
            let gradient = Memory(random.values(count))
            let rates = AdamUpdate.Rates(
                rate: 0.01, beta1: 0.9, beta2: 0.999, epsilon: 1e-8, decay: decays.l2, shrink: decays.shrink,
                correction1: 1 - power(0.9, step), correction2: 1 - power(0.999, step))
            parts.withUnsafeBufferPointer {
                let updated = UpdatedWeights(parts: $0, weights: weights.base, gradient: gradient.base)
                ThreadPool.shared.run(AdamUpdate(updated, rates: rates, first: first.base, second: second.base))
            }
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
        let parts = UpdatePart.cut(0 ..< count, decays: true)
        for _ in 1 ... 5 {
            let gradient = Memory(random.values(count))
            parts.withUnsafeBufferPointer {
                let updated = UpdatedWeights(parts: $0, weights: weights.base, gradient: gradient.base)
                ThreadPool.shared.run(MomentumUpdate(updated, rate: 0.05, momentum: 0.9, decay: 0.01, nesterov: nesterov,
                                                     velocity: velocity.base))
            }
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

    /// A part at a rate of its own that does not decay, and an average taken in the same pass: a ← a + 0.25 (w − a).
    @Test(arguments: [false, true]) func treatsPartsApartAndAverages(usesAdam: Bool) {
        let count = 5000, spared = 1234 ..< 1300, random = Numbers(seed: 9)
        let weights = Memory(random.values(count)), gradient = Memory(random.values(count))
        let average = Memory(random.values(count)), first = Memory(count: count), second = Memory(count: count)
        first.base.update(repeating: 0, count: count)
        second.base.update(repeating: 0, count: count)
        let before = weights.values.map(Double.init), averageBefore = average.values.map(Double.init)
        let parts = UpdatePart.cut(0 ..< spared.lowerBound, decays: true) + UpdatePart.cut(spared, decays: false, rate: 3)
            + UpdatePart.cut(spared.upperBound ..< count, decays: true)
        var rates = AdamUpdate.Rates(rate: 0.01, beta1: 0.9, beta2: 0.999, epsilon: 1e-8, decay: 0, shrink: 0.5,
                                     correction1: power(0.9, 1), correction2: power(0.999, 1))
        parts.withUnsafeBufferPointer {
            let updated = UpdatedWeights(parts: $0, weights: weights.base, gradient: gradient.base, average: average.base,
                                         averageRate: 0.25)
            if usesAdam {
                ThreadPool.shared.run(AdamUpdate(updated, rates: rates, first: first.base, second: second.base))
            } else {
                ThreadPool.shared.run(MomentumUpdate(updated, rate: 0.05, momentum: 0.9, decay: 0.5, nesterov: true,
                                                     velocity: first.base))
            }
        }
        let wanted = before.indices.map { i in
            let g = Double(gradient.base[i])
            if usesAdam {
                (rates.rate, rates.shrink) = spared.contains(i) ? (0.03, 0) : (0.01, 0.5)
                return Reference.adam(weight: before[i], gradient: g, first: 0, second: 0, rates: rates).weight
            }
            return Reference.momentum(weight: before[i], gradient: g, velocity: 0, rate: spared.contains(i) ? 0.15 : 0.05,
                                      momentum: 0.9, decay: spared.contains(i) ? 0 : 0.5, nesterov: true).weight
        }
        expectClose(weights.values, wanted, terms: 8)
        expectClose(average.values, zip(averageBefore, wanted).map { $0 + 0.25 * ($1 - $0) }, terms: 8)
        #expect(weights.guardIsIntact && average.guardIsIntact)
    }

    private func power(_ base: Float, _ exponent: Int) -> Float { (0 ..< exponent).reduce(1) { product, _ in product * base } }
}
