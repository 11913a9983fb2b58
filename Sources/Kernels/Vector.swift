// The vector the kernels are written in: as wide as the instruction-set level the engine is built for.
// Levels are chosen by the build (see Package.swift); without a flag the platform's baseline is meant.

#if EVICAM_X86_64_V4
/// 512 bits; 32 registers.
public typealias Vector = SIMD16<Float>
#elseif EVICAM_X86_64_V3
/// 256 bits; 16 registers.
public typealias Vector = SIMD8<Float>
#else
/// 128 bits; 16 registers on x86-64, 32 on arm64.
public typealias Vector = SIMD4<Float>
#endif

/// What the engine was built for.
public enum InstructionSet {
    /// Name of the level, as the psABI writes it.
    public static var name: StaticString {
        #if EVICAM_X86_64_V4
        "x86-64-v4"
        #elseif EVICAM_X86_64_V3
        "x86-64-v3"
        #elseif EVICAM_X86_64_V2
        "x86-64-v2"
        #elseif arch(arm64)
        "arm64"
        #else
        "x86-64"
        #endif
    }
}

/// A loop body over neighbouring floats, generic over the vector it is run with.
///
/// `lanes` of the vector count; it is the whole vector except at the very end, where up to three floats may be left.
/// Reading a whole vector there is safe (every engine buffer ends in `Buffers.slack` spare bytes); writing is not.
protocol VectorBody {
    func apply<V: FloatVector>(_ type: V.Type, at offset: Int, lanes: Int)
}

/// Runs `body` over `count` neighbouring floats: vectors of the level first, then ever narrower ones.
@inline(__always)
func forEachVector(_ count: Int, _ body: some VectorBody) {
    var offset = 0
    while offset &+ Vector.scalarCount <= count {
        body.apply(Vector.self, at: offset, lanes: Vector.scalarCount)
        offset &+= Vector.scalarCount
    }
    if Vector.scalarCount > 8, offset &+ 8 <= count {
        body.apply(SIMD8<Float>.self, at: offset, lanes: 8)
        offset &+= 8
    }
    if Vector.scalarCount > 4, offset &+ 4 <= count {
        body.apply(SIMD4<Float>.self, at: offset, lanes: 4)
        offset &+= 4
    }
    if offset < count { body.apply(SIMD4<Float>.self, at: offset, lanes: count &- offset) }
}

/// Rules for memory the kernels work on.
public enum Buffers {
    /// Alignment of every allocation, bytes: a cache line, and a 512-bit vector.
    public static let alignment = 64
    /// Readable bytes past the last element: a whole vector may be read at any element.
    public static let slack = 64
}
