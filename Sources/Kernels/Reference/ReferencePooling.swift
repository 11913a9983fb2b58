extension Reference {
    /// Largest value of each window; padding never wins. With `rectified`, no less than 0.
    public static func maxPooling<Number>(
        _ input: ReferenceImages<Number>, window: ReferenceWindow, rectified: Bool = false
    ) -> ReferenceImages<Number> {
        pool(input, window: window) { values in
            let largest = values.compactMap { $0 }.max()!
            return rectified ? max(largest, 0) : largest
        }
    }

    /// Each window's gradient goes to its first largest element; with `rectified`, only where that is above 0.
    public static func maxPoolingGradient<Number>(
        _ input: ReferenceImages<Number>, outputGradient: ReferenceImages<Number>, window: ReferenceWindow,
        rectified: Bool = false
    ) -> ReferenceImages<Number> {
        spread(input, outputGradient: outputGradient, window: window) { values in
            let largest = values.compactMap { $0 }.max()!
            let first = values.firstIndex { $0 == largest }!
            return values.indices.map { $0 == first && (!rectified || largest > 0) ? 1 : 0 }
        }
    }

    /// Mean of each window; padding counts as zeros.
    public static func averagePooling<Number>(
        _ input: ReferenceImages<Number>, window: ReferenceWindow
    ) -> ReferenceImages<Number> {
        pool(input, window: window) { values in values.reduce(0) { $0 + ($1 ?? 0) } / Number(values.count) }
    }

    /// Each window's gradient is shared equally.
    public static func averagePoolingGradient<Number>(
        _ input: ReferenceImages<Number>, outputGradient: ReferenceImages<Number>, window: ReferenceWindow
    ) -> ReferenceImages<Number> {
        spread(input, outputGradient: outputGradient, window: window) { values in
            values.map { _ in 1 / Number(values.count) }
        }
    }

    /// Every window's values in order, nil in the padding, to one number.
    private static func pool<Number>(
        _ input: ReferenceImages<Number>, window: ReferenceWindow, _ combine: ([Number?]) -> Number
    ) -> ReferenceImages<Number> {
        let size = window.outputs(height: input.height, width: input.width)
        var output = ReferenceImages<Number>(count: input.count, height: size.height, width: size.width,
                                             channels: input.channels)
        forEachWindow(output) { n, y, x, c in output[n, y, x, c] = combine(values(input, window, n, y, x, c)) }
        return output
    }

    /// Every window's gradient times the shares that its values get.
    private static func spread<Number>(
        _ input: ReferenceImages<Number>, outputGradient: ReferenceImages<Number>, window: ReferenceWindow,
        _ shares: ([Number?]) -> [Number]
    ) -> ReferenceImages<Number> {
        var gradient = ReferenceImages<Number>(count: input.count, height: input.height, width: input.width,
                                               channels: input.channels)
        forEachWindow(outputGradient) { n, y, x, c in
            let shares = shares(values(input, window, n, y, x, c))
            for (tap, share) in shares.enumerated() {
                let position = window.position(y, x, tap / window.kernel.width, tap % window.kernel.width)
                guard input.within(n, position.y, position.x, c) != nil else { continue }
                gradient[n, position.y, position.x, c] += share * outputGradient[n, y, x, c]
            }
        }
        return gradient
    }

    private static func values<Number>(
        _ input: ReferenceImages<Number>, _ window: ReferenceWindow, _ n: Int, _ y: Int, _ x: Int, _ c: Int
    ) -> [Number?] {
        (0 ..< window.kernel.height * window.kernel.width).map { tap in
            let position = window.position(y, x, tap / window.kernel.width, tap % window.kernel.width)
            return input.within(n, position.y, position.x, c)
        }
    }

    private static func forEachWindow<Number>(
        _ output: ReferenceImages<Number>, _ visit: (_ n: Int, _ y: Int, _ x: Int, _ c: Int) -> Void
    ) {
        for n in 0 ..< output.count {
            for y in 0 ..< output.height {
                for x in 0 ..< output.width { for c in 0 ..< output.channels { visit(n, y, x, c) } }
            }
        }
    }
}
