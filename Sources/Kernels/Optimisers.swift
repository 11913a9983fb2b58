// One pass over memory per step: read weight, gradient and state, write weight and state.

/// Elements of one part: four arrays of 16 KiB.
private let grain = 4 * 1024

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

    let count: Int
    let rates: Rates
    let weights: UnsafeMutablePointer<Float>
    let gradient: UnsafePointer<Float>
    let first: UnsafeMutablePointer<Float>
    let second: UnsafeMutablePointer<Float>

    public init(count: Int, rates: Rates, weights: UnsafeMutablePointer<Float>, gradient: UnsafePointer<Float>,
                first: UnsafeMutablePointer<Float>, second: UnsafeMutablePointer<Float>) {
        self.count = count
        self.rates = rates
        self.weights = weights
        self.gradient = gradient
        self.first = first
        self.second = second
    }

    public var partCount: Int { (count &+ grain &- 1) / grain }

    public func run(part: Int) {
        let start = part &* grain
        forEachVector(min(grain, count &- start),
                      Body(rates: rates, weights: weights + start, gradient: gradient + start, first: first + start,
                           second: second + start))
    }

    private struct Body: VectorBody {
        let rates: Rates
        let weights: UnsafeMutablePointer<Float>
        let gradient: UnsafePointer<Float>
        let first: UnsafeMutablePointer<Float>
        let second: UnsafeMutablePointer<Float>

        @inline(__always)
        func apply<V: FloatVector>(_ type: V.Type, at offset: Int, lanes: Int) {
            var w = V(reading: weights + offset)
            let g = V(reading: gradient + offset) + w * rates.decay
            let m = V(reading: first + offset) * rates.beta1 + g * (1 - rates.beta1)
            let v = V(reading: second + offset) * rates.beta2 + g * g * (1 - rates.beta2)
            w -= w * (rates.rate * rates.shrink)
            let root = (v / rates.correction2).squareRoot() + V(repeating: rates.epsilon)
            w -= m * (rates.rate / rates.correction1) / root
            w.write(to: weights + offset, first: lanes)
            m.write(to: first + offset, first: lanes)
            v.write(to: second + offset, first: lanes)
        }
    }
}

/// Stochastic gradient descent with momentum, in the form common to the frameworks:
///
///   g ← g + decay · w;   v ← μ v + g;   w ← w − rate · v, or with Nesterov's look-ahead w − rate · (g + μ v)
public struct MomentumUpdate: ParallelWork {
    let count: Int
    let rate: Float
    let momentum: Float
    let decay: Float
    let nesterov: Bool
    let weights: UnsafeMutablePointer<Float>
    let gradient: UnsafePointer<Float>
    let velocity: UnsafeMutablePointer<Float>

    public init(count: Int, rate: Float, momentum: Float, decay: Float, nesterov: Bool,
                weights: UnsafeMutablePointer<Float>, gradient: UnsafePointer<Float>,
                velocity: UnsafeMutablePointer<Float>) {
        self.count = count
        self.rate = rate
        self.momentum = momentum
        self.decay = decay
        self.nesterov = nesterov
        self.weights = weights
        self.gradient = gradient
        self.velocity = velocity
    }

    public var partCount: Int { (count &+ grain &- 1) / grain }

    public func run(part: Int) {
        let start = part &* grain
        forEachVector(min(grain, count &- start), Body(update: self, start: start))
    }

    private struct Body: VectorBody {
        let update: MomentumUpdate
        let start: Int

        @inline(__always)
        func apply<V: FloatVector>(_ type: V.Type, at offset: Int, lanes: Int) {
            let position = start &+ offset
            var w = V(reading: update.weights + position)
            let g = V(reading: update.gradient + position) + w * update.decay
            let v = V(reading: update.velocity + position) * update.momentum + g
            w -= (update.nesterov ? g + v * update.momentum : v) * update.rate
            w.write(to: update.weights + position, first: lanes)
            v.write(to: update.velocity + position, first: lanes)
        }
    }
}
