/// What the kernels ask of a vector of floats beyond arithmetic.
///
/// Comparisons are written once per concrete type: the standard library's generic ones run lane by lane (measured: max
/// pooling was ten times slower with them).
public protocol FloatVector: SIMD where Scalar == Float {
    /// The larger of each pair of lanes.
    func maximum(_ other: Self) -> Self
    /// Lanes where `other` is above 0 as they are, the others 0.
    func keeping(wherePositive other: Self) -> Self
    /// Lanes where `a` and `b` are equal as they are, the others 0.
    func keeping(whereEqual a: Self, _ b: Self) -> Self
    /// Lanes of `other` where `a` is above `b`, the others as they are.
    func replacing(with other: Self, where a: Self, isAbove b: Self) -> Self
    /// Writes the first `count` lanes, not all of them.
    func writeHalves(to target: UnsafeMutablePointer<Float>, first count: Int)
}

extension SIMD16<Float>: FloatVector {
    @inline(__always) public func maximum(_ other: Self) -> Self { replacing(with: other, where: other .> self) }
    @inline(__always) public func keeping(wherePositive other: Self) -> Self {
        Self().replacing(with: self, where: other .> Self())
    }
    @inline(__always) public func keeping(whereEqual a: Self, _ b: Self) -> Self {
        Self().replacing(with: self, where: a .== b)
    }
    @inline(__always) public func replacing(with other: Self, where a: Self, isAbove b: Self) -> Self {
        replacing(with: other, where: a .> b)
    }
    @inline(__always) public func writeHalves(to target: UnsafeMutablePointer<Float>, first count: Int) {
        let half = Self.scalarCount / 2
        lowHalf.write(to: target, first: Swift.min(count, half))
        if count > half { highHalf.write(to: target + half, first: count &- half) }
    }
}

extension SIMD8<Float>: FloatVector {
    @inline(__always) public func maximum(_ other: Self) -> Self { replacing(with: other, where: other .> self) }
    @inline(__always) public func keeping(wherePositive other: Self) -> Self {
        Self().replacing(with: self, where: other .> Self())
    }
    @inline(__always) public func keeping(whereEqual a: Self, _ b: Self) -> Self {
        Self().replacing(with: self, where: a .== b)
    }
    @inline(__always) public func replacing(with other: Self, where a: Self, isAbove b: Self) -> Self {
        replacing(with: other, where: a .> b)
    }
    @inline(__always) public func writeHalves(to target: UnsafeMutablePointer<Float>, first count: Int) {
        let half = Self.scalarCount / 2
        lowHalf.write(to: target, first: Swift.min(count, half))
        if count > half { highHalf.write(to: target + half, first: count &- half) }
    }
}

extension SIMD4<Float>: FloatVector {
    @inline(__always) public func maximum(_ other: Self) -> Self { replacing(with: other, where: other .> self) }
    @inline(__always) public func keeping(wherePositive other: Self) -> Self {
        Self().replacing(with: self, where: other .> Self())
    }
    @inline(__always) public func keeping(whereEqual a: Self, _ b: Self) -> Self {
        Self().replacing(with: self, where: a .== b)
    }
    @inline(__always) public func replacing(with other: Self, where a: Self, isAbove b: Self) -> Self {
        replacing(with: other, where: a .> b)
    }
    @inline(__always) public func writeHalves(to target: UnsafeMutablePointer<Float>, first count: Int) {
        for lane in 0 ..< count { target[lane] = self[lane] }
    }
}

extension FloatVector {
    /// self += a · b, fused (one rounding) where the level has the instruction.
    ///
    /// Without it `addProduct` would call the C library once per lane, so the plain product is used there.
    @inline(__always)
    mutating func accumulate(_ a: Self, _ b: Self) {
        #if EVICAM_X86_64_V4 || EVICAM_X86_64_V3 || arch(arm64)
        addProduct(a, b)
        #else
        self += a * b
        #endif
    }

    /// max(self, 0), lane by lane; NaN stays NaN.
    @inline(__always)
    mutating func clampNegative() { self = maximum(Self()) }

    /// Reads `scalarCount` floats; no alignment is needed.
    @inline(__always)
    init(reading source: UnsafePointer<Float>) {
        self = UnsafeRawPointer(source).loadUnaligned(as: Self.self)
    }

    /// Writes all lanes.
    @inline(__always)
    func write(to target: UnsafeMutablePointer<Float>) {
        UnsafeMutableRawPointer(target).storeBytes(of: self, as: Self.self)
    }

    /// Writes the first `count` lanes: a full vector, or halves as long as they fill, and the rest lane by lane.
    @inline(__always)
    func write(to target: UnsafeMutablePointer<Float>, first count: Int) {
        if count == Self.scalarCount { return write(to: target) }
        writeHalves(to: target, first: count)
    }
}
