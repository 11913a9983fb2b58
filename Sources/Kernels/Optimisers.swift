// One pass over memory per step: read weight, gradient and state, write weight and state.

/// Adam (Kingma & Ba 2015) and AdamW (Loshchilov & Hutter 2019).
///
///   g ← g + decay · w                            (Adam: L2 in the gradient)
///   m ← β1 m + (1 − β1) g,   v ← β2 v + (1 − β2) g²
///   w ← w − rate · shrink · w                    (AdamW: `shrink` is the decoupled decay)
///   w ← w − rate / (1 − β1^t) · m / (√(v / (1 − β2^t)) + ε)
public struct AdamUpdate: ParallelWork {
    public struct Rates: Sendable {
        public var rate: Float
        public var beta1: Float
        public var beta2: Float
        public var epsilon: Float
        /// L2 added to the gradient.
        public var decay: Float
        /// Decoupled decay.
        public var shrink: Float
        /// 1 − β1^t and 1 − β2^t for step t = 1, 2, …
        public var correction1: Float
        public var correction2: Float

        public init(rate: Float, beta1: Float, beta2: Float, epsilon: Float, decay: Float, shrink: Float,
                    correction1: Float, correction2: Float) {
            self.rate = rate
            self.beta1 = beta1
            self.beta2 = beta2
            self.epsilon = epsilon
            self.decay = decay
            self.shrink = shrink
            self.correction1 = correction1
            self.correction2 = correction2
        }
    }

    let updated: UpdatedWeights
    let rates: Rates
    let first: UnsafeMutablePointer<Float>
    let second: UnsafeMutablePointer<Float>

    public init(_ updated: UpdatedWeights, rates: Rates, first: UnsafeMutablePointer<Float>,
                second: UnsafeMutablePointer<Float>) {
        self.updated = updated
        self.rates = rates
        self.first = first
        self.second = second
    }

    public var partCount: Int { updated.parts.count }

    public func run(part: Int) {
        let part = updated.parts[part]
        var rates = rates
        rates.rate *= part.rate
        if !part.decays { (rates.decay, rates.shrink) = (0, 0) }
        forEachVector(part.count, Body(updated: updated, rates: rates, first: first, second: second, start: part.start))
    }

    private struct Body: VectorBody {
        let updated: UpdatedWeights
        let rates: Rates
        let first: UnsafeMutablePointer<Float>
        let second: UnsafeMutablePointer<Float>
        let start: Int

        @inline(__always)
        func apply<V: FloatVector>(_ type: V.Type, at offset: Int, lanes: Int) {
            let position = start &+ offset
            var w = V(reading: updated.weights + position)
            let g = V(reading: updated.gradient + position) + w * rates.decay
            let m = V(reading: first + position) * rates.beta1 + g * (1 - rates.beta1)
            let v = V(reading: second + position) * rates.beta2 + g * g * (1 - rates.beta2)
            w -= w * (rates.rate * rates.shrink)
            let root = (v / rates.correction2).squareRoot() + V(repeating: rates.epsilon)
            w -= m * (rates.rate / rates.correction1) / root
            updated.write(w, at: position, first: lanes)
            m.write(to: first + position, first: lanes)
            v.write(to: second + position, first: lanes)
        }
    }
}

/// Stochastic gradient descent with momentum, in the form common to the frameworks:
///
///   g ← g + decay · w;   v ← μ v + g;   w ← w − rate · v, or with Nesterov's look-ahead w − rate · (g + μ v)
public struct MomentumUpdate: ParallelWork {
    let updated: UpdatedWeights
    let rate: Float
    let momentum: Float
    let decay: Float
    let nesterov: Bool
    let velocity: UnsafeMutablePointer<Float>

    public init(_ updated: UpdatedWeights, rate: Float, momentum: Float, decay: Float, nesterov: Bool,
                velocity: UnsafeMutablePointer<Float>) {
        self.updated = updated
        self.rate = rate
        self.momentum = momentum
        self.decay = decay
        self.nesterov = nesterov
        self.velocity = velocity
    }

    public var partCount: Int { updated.parts.count }

    public func run(part: Int) {
        let part = updated.parts[part]
        forEachVector(part.count, Body(update: self, rate: rate * part.rate, decay: part.decays ? decay : 0, start: part.start))
    }

    private struct Body: VectorBody {
        let update: MomentumUpdate
        let rate: Float
        let decay: Float
        let start: Int

        @inline(__always)
        func apply<V: FloatVector>(_ type: V.Type, at offset: Int, lanes: Int) {
            let position = start &+ offset, updated = update.updated
            var w = V(reading: updated.weights + position)
            let g = V(reading: updated.gradient + position) + w * decay
            let v = V(reading: update.velocity + position) * update.momentum + g
            w -= (update.nesterov ? g + v * update.momentum : v) * rate
            updated.write(w, at: position, first: lanes)
            v.write(to: update.velocity + position, first: lanes)
        }
    }
}
