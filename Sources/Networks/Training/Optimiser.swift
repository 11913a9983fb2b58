#if canImport(Glibc)
import Glibc
#elseif canImport(Darwin)
import Darwin
#endif
import Kernels

/// How a gradient changes the weights. See `AdamUpdate` and `MomentumUpdate` for the equations.
public enum Optimiser: Sendable, Equatable {
    /// Adam with L2 decay in the gradient (Kingma & Ba 2015), as the authors used.
    case adam(beta1: Float = 0.9, beta2: Float = 0.999, epsilon: Float = 1e-8)
    /// Adam with decoupled decay (Loshchilov & Hutter 2019).
    case adamW(beta1: Float = 0.9, beta2: Float = 0.999, epsilon: Float = 1e-8)
    /// Momentum, plain or Nesterov's, with L2 decay in the gradient.
    case sgd(momentum: Float = 0.9, nesterov: Bool = true)

    /// Whether it keeps a mean of the squared gradients.
    var hasSecondMoment: Bool {
        switch self {
        case .adam, .adamW: true
        case .sgd: false
        }
    }

    /// One update of all weights.
    /// - Parameters:
    ///   - step: 0 for the first update.
    ///   - first: momentum or first moment; `second`: second moment, if there is one. Flat arrays like the weights.
    func update(_ updated: UpdatedWeights, step: Int, rate: Float, decay: Float, first: UnsafeMutablePointer<Float>,
                second: UnsafeMutablePointer<Float>?, pool: ThreadPool) {
        switch self {
        case .adam(let beta1, let beta2, let epsilon), .adamW(let beta1, let beta2, let epsilon):
            var decoupled = false
            if case .adamW = self { decoupled = true }
            let updates = Double(step + 1)
            let rates = AdamUpdate.Rates(
                rate: rate, beta1: beta1, beta2: beta2, epsilon: epsilon, decay: decoupled ? 0 : decay,
                shrink: decoupled ? decay : 0, correction1: Float(1 - pow(Double(beta1), updates)),
                correction2: Float(1 - pow(Double(beta2), updates)))
            pool.run(AdamUpdate(updated, rates: rates, first: first, second: second!))
        case .sgd(let momentum, let nesterov):
            pool.run(MomentumUpdate(updated, rate: rate, momentum: momentum, decay: decay, nesterov: nesterov,
                                    velocity: first))
        }
    }
}
