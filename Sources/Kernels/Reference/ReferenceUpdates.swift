extension Reference {
    /// One step of Adam or AdamW on one weight; see `AdamUpdate`. Returns the weight and the moments.
    public static func adam<Number: BinaryFloatingPoint>(
        weight: Number, gradient: Number, first: Number, second: Number, rates: AdamUpdate.Rates
    ) -> (weight: Number, first: Number, second: Number) {
        let g = gradient + Number(rates.decay) * weight
        let m = Number(rates.beta1) * first + (1 - Number(rates.beta1)) * g
        let v = Number(rates.beta2) * second + (1 - Number(rates.beta2)) * g * g
        let shrunk = weight - Number(rates.rate) * Number(rates.shrink) * weight
        let step = (m / Number(rates.correction1)) / ((v / Number(rates.correction2)).squareRoot() + Number(rates.epsilon))
        return (shrunk - Number(rates.rate) * step, m, v)
    }

    /// One step of momentum on one weight; see `MomentumUpdate`. Returns the weight and the velocity.
    public static func momentum<Number: BinaryFloatingPoint>(
        weight: Number, gradient: Number, velocity: Number, rate: Number, momentum: Number, decay: Number, nesterov: Bool
    ) -> (weight: Number, velocity: Number) {
        let g = gradient + decay * weight
        let v = momentum * velocity + g
        return (weight - rate * (nesterov ? g + momentum * v : v), v)
    }
}
