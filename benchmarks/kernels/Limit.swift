import Kernels

/// Multiply-adds a second, as billions of operations (two each), of a loop that keeps everything in registers.
///
/// Twelve independent sums hide the latency of two units at four cycles, and fit sixteen registers.
func multiplyAddLimit() -> Double {
    let rounds = 2_000_000
    var best = Double.infinity
    for _ in 0 ..< 9 {
        let seconds = time { keep(multiplyAdds(rounds)) }
        best = min(best, seconds)
    }
    return Double(rounds * 12 * 2 * Vector.scalarCount) / best / 1e9
}

@inline(never)
private func multiplyAdds(_ rounds: Int) -> Vector {
    let a = Vector(repeating: 0.999_999), b = Vector(repeating: 1e-7)
    var s0 = b, s1 = b, s2 = b, s3 = b, s4 = b, s5 = b, s6 = b, s7 = b, s8 = b, s9 = b, s10 = b, s11 = b
    for _ in 0 ..< rounds {
        s0 = fused(s0, a, b); s1 = fused(s1, a, b); s2 = fused(s2, a, b); s3 = fused(s3, a, b)
        s4 = fused(s4, a, b); s5 = fused(s5, a, b); s6 = fused(s6, a, b); s7 = fused(s7, a, b)
        s8 = fused(s8, a, b); s9 = fused(s9, a, b); s10 = fused(s10, a, b); s11 = fused(s11, a, b)
    }
    return s0 + s1 + s2 + s3 + s4 + s5 + s6 + s7 + s8 + s9 + s10 + s11
}

/// s · a + b, as the kernels compute it at this level.
@inline(__always)
private func fused(_ s: Vector, _ a: Vector, _ b: Vector) -> Vector {
    #if EVICAM_X86_64_V4 || EVICAM_X86_64_V3 || arch(arm64)
    b.addingProduct(s, a)
    #else
    s * a + b
    #endif
}
