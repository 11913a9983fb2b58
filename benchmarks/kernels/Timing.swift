#if canImport(Glibc)
import Glibc
#elseif canImport(Darwin)
import Darwin
#endif

/// Seconds that `body` takes.
func time(_ body: () -> Void) -> Double {
    var begin = timespec(), end = timespec()
    clock_gettime(CLOCK_MONOTONIC, &begin)
    body()
    clock_gettime(CLOCK_MONOTONIC, &end)
    return Double(end.tv_sec - begin.tv_sec) + Double(end.tv_nsec - begin.tv_nsec) * 1e-9
}

/// Median seconds of one call: at least nine calls, and a quarter of a second.
func median(_ body: () -> Void) -> Double {
    body()
    var times: [Double] = []
    var total = 0.0
    while times.count < 9 || total < 0.25 {
        times.append(time(body))
        total += times.last!
    }
    times.sort()
    return times[times.count / 2]
}

/// Whether a line of the table was asked for.
func isWanted(_ line: String) -> Bool { CommandLine.arguments.dropFirst().allSatisfy(line.contains) }

/// Uses a value so that what computed it is not left out.
@inline(never) func keep<Value>(_ value: Value) { withUnsafePointer(to: value) { _ in } }

/// A number that is not negative, with one digit after the point.
func rounded(_ value: Double) -> String {
    let tenths = Int((value * 10).rounded())
    return "\(tenths / 10).\(tenths % 10)"
}

/// One line of the table.
func row(_ cells: String...) -> String {
    let widths = [46, 17, 10, 10, 8]
    return zip(cells, widths).enumerated().map { column, cell in
        let gap = String(repeating: " ", count: max(0, cell.1 - cell.0.count))
        return column < 2 ? cell.0 + gap : gap + cell.0
    }.joined()
}
