// Work on flat arrays. Parts are fixed ranges of `grain` elements, whatever the number of threads.

/// Elements of one part: 64 KiB of floats.
private let grain = 16 * 1024

@inline(__always)
private func parts(_ count: Int) -> Int { (count &+ grain &- 1) / grain }

@inline(__always)
private func elements(of part: Int, _ count: Int) -> Range<Int> {
    part &* grain ..< min(count, part &* grain &+ grain)
}

/// y = max(x, 0).
public struct Rectify: ParallelWork {
    let count: Int
    let input: UnsafePointer<Float>
    let output: UnsafeMutablePointer<Float>

    public init(count: Int, input: UnsafePointer<Float>, output: UnsafeMutablePointer<Float>) {
        self.count = count
        self.input = input
        self.output = output
    }

    public var partCount: Int { parts(count) }

    public func run(part: Int) {
        let range = elements(of: part, count)
        forEachVector(range.count, Body(input: input + range.lowerBound, output: output + range.lowerBound))
    }

    private struct Body: VectorBody {
        let input: UnsafePointer<Float>
        let output: UnsafeMutablePointer<Float>
        @inline(__always)
        func apply<V: FloatVector>(_ type: V.Type, at offset: Int, lanes: Int) {
            var value = V(reading: input + offset)
            value.clampNegative()
            value.write(to: output + offset, first: lanes)
        }
    }
}

/// y = a + b, and no less than 0 if `relu`.
public struct Sum: ParallelWork {
    let count: Int
    let first: UnsafePointer<Float>
    let second: UnsafePointer<Float>
    let output: UnsafeMutablePointer<Float>
    let relu: Bool

    public init(count: Int, first: UnsafePointer<Float>, second: UnsafePointer<Float>,
                output: UnsafeMutablePointer<Float>, relu: Bool) {
        self.count = count
        self.first = first
        self.second = second
        self.output = output
        self.relu = relu
    }

    public var partCount: Int { parts(count) }

    public func run(part: Int) {
        let range = elements(of: part, count), start = range.lowerBound
        forEachVector(range.count, Body(first: first + start, second: second + start, output: output + start, relu: relu))
    }

    private struct Body: VectorBody {
        let first: UnsafePointer<Float>
        let second: UnsafePointer<Float>
        let output: UnsafeMutablePointer<Float>
        let relu: Bool
        @inline(__always)
        func apply<V: FloatVector>(_ type: V.Type, at offset: Int, lanes: Int) {
            var sum = V(reading: first + offset) + V(reading: second + offset)
            if relu { sum.clampNegative() }
            sum.write(to: output + offset, first: lanes)
        }
    }
}

/// dx += dy where y > 0: the gradient of `Rectify`, from its output.
public struct RectifyGradient: ParallelWork {
    let count: Int
    let output: UnsafePointer<Float>
    let outputGradient: UnsafePointer<Float>
    let inputGradient: UnsafeMutablePointer<Float>

    public init(count: Int, output: UnsafePointer<Float>, outputGradient: UnsafePointer<Float>,
                inputGradient: UnsafeMutablePointer<Float>) {
        self.count = count
        self.output = output
        self.outputGradient = outputGradient
        self.inputGradient = inputGradient
    }

    public var partCount: Int { parts(count) }

    public func run(part: Int) {
        let range = elements(of: part, count), first = range.lowerBound
        forEachVector(range.count, Body(output: output + first, outputGradient: outputGradient + first,
                                        inputGradient: inputGradient + first))
    }

    private struct Body: VectorBody {
        let output: UnsafePointer<Float>
        let outputGradient: UnsafePointer<Float>
        let inputGradient: UnsafeMutablePointer<Float>
        @inline(__always)
        func apply<V: FloatVector>(_ type: V.Type, at offset: Int, lanes: Int) {
            let passed = V(reading: outputGradient + offset).keeping(wherePositive: V(reading: output + offset))
            (V(reading: inputGradient + offset) + passed).write(to: inputGradient + offset, first: lanes)
        }
    }
}

/// gradient = 0 where y ≤ 0, in place: the gradient of a ReLU that was fused into the layer before it.
public struct RectifyMask: ParallelWork {
    let count: Int
    let output: UnsafePointer<Float>
    let gradient: UnsafeMutablePointer<Float>

    public init(count: Int, output: UnsafePointer<Float>, gradient: UnsafeMutablePointer<Float>) {
        self.count = count
        self.output = output
        self.gradient = gradient
    }

    public var partCount: Int { parts(count) }

    public func run(part: Int) {
        let range = elements(of: part, count), first = range.lowerBound
        forEachVector(range.count, Body(output: output + first, gradient: gradient + first))
    }

    private struct Body: VectorBody {
        let output: UnsafePointer<Float>
        let gradient: UnsafeMutablePointer<Float>
        @inline(__always)
        func apply<V: FloatVector>(_ type: V.Type, at offset: Int, lanes: Int) {
            V(reading: gradient + offset).keeping(wherePositive: V(reading: output + offset))
                .write(to: gradient + offset, first: lanes)
        }
    }
}

/// target += source.
public struct Accumulate: ParallelWork {
    let count: Int
    let source: UnsafePointer<Float>
    let target: UnsafeMutablePointer<Float>

    public init(count: Int, source: UnsafePointer<Float>, target: UnsafeMutablePointer<Float>) {
        self.count = count
        self.source = source
        self.target = target
    }

    public var partCount: Int { parts(count) }

    public func run(part: Int) {
        let range = elements(of: part, count)
        forEachVector(range.count, Body(source: source + range.lowerBound, target: target + range.lowerBound))
    }

    private struct Body: VectorBody {
        let source: UnsafePointer<Float>
        let target: UnsafeMutablePointer<Float>
        @inline(__always)
        func apply<V: FloatVector>(_ type: V.Type, at offset: Int, lanes: Int) {
            (V(reading: target + offset) + V(reading: source + offset)).write(to: target + offset, first: lanes)
        }
    }
}

/// y = x / (1 - rate) for kept elements, 0 for dropped ones; which, is drawn from the stream by element number.
public struct Dropout: ParallelWork {
    let count: Int
    let rate: Float
    let random: Philox
    /// Added to the element's block number: every step draws from its own stretch of the stream.
    let firstBlock: UInt64
    let input: UnsafePointer<Float>
    let output: UnsafeMutablePointer<Float>
    let kept: UnsafeMutablePointer<Float>

    /// - Parameters:
    ///   - kept: [count], receives each element's factor, 0 or 1 / (1 - rate): what the gradient is multiplied by.
    public init(count: Int, rate: Float, random: Philox, firstBlock: UInt64, input: UnsafePointer<Float>,
                output: UnsafeMutablePointer<Float>, kept: UnsafeMutablePointer<Float>) {
        self.count = count
        self.rate = rate
        self.random = random
        self.firstBlock = firstBlock
        self.input = input
        self.output = output
        self.kept = kept
    }

    /// Blocks of random words that `count` elements use up.
    public static func blocks(_ count: Int) -> Int { (count + 3) / 4 }

    public var partCount: Int { parts(count) }

    public func run(part: Int) {
        let range = elements(of: part, count) // starts at a multiple of four
        let scale = 1 / (1 - rate)
        var i = range.lowerBound
        while i < range.upperBound {
            let words = random.block(firstBlock &+ UInt64(i / 4))
            for lane in 0 ..< min(4, range.upperBound &- i) {
                let factor = Philox.unit(words[lane]) < rate ? 0 : scale
                kept[i &+ lane] = factor
                output[i &+ lane] = input[i &+ lane] * factor
            }
            i &+= 4
        }
    }
}

/// dx += dy · kept: the gradient of `Dropout`.
public struct DropoutGradient: ParallelWork {
    let count: Int
    let kept: UnsafePointer<Float>
    let outputGradient: UnsafePointer<Float>
    let inputGradient: UnsafeMutablePointer<Float>

    public init(count: Int, kept: UnsafePointer<Float>, outputGradient: UnsafePointer<Float>,
                inputGradient: UnsafeMutablePointer<Float>) {
        self.count = count
        self.kept = kept
        self.outputGradient = outputGradient
        self.inputGradient = inputGradient
    }

    public var partCount: Int { parts(count) }

    public func run(part: Int) {
        let range = elements(of: part, count), first = range.lowerBound
        forEachVector(range.count, Body(kept: kept + first, outputGradient: outputGradient + first,
                                        inputGradient: inputGradient + first))
    }

    private struct Body: VectorBody {
        let kept: UnsafePointer<Float>
        let outputGradient: UnsafePointer<Float>
        let inputGradient: UnsafeMutablePointer<Float>
        @inline(__always)
        func apply<V: FloatVector>(_ type: V.Type, at offset: Int, lanes: Int) {
            var sum = V(reading: inputGradient + offset)
            sum.accumulate(V(reading: outputGradient + offset), V(reading: kept + offset))
            sum.write(to: inputGradient + offset, first: lanes)
        }
    }
}

/// Sets memory to zero.
public struct Clear: ParallelWork {
    let count: Int
    let target: UnsafeMutablePointer<Float>

    public init(count: Int, target: UnsafeMutablePointer<Float>) {
        self.count = count
        self.target = target
    }

    public var partCount: Int { parts(count) }

    public func run(part: Int) {
        let range = elements(of: part, count)
        (target + range.lowerBound).update(repeating: 0, count: range.count)
    }
}
