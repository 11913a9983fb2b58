import Foundation
import Synchronization
import Testing
@testable import Kernels

/// Counts how often each part is run.
private struct Tally: ParallelWork {
    let partCount: Int
    let counts: UnsafeMutablePointer<Int32>

    func run(part: Int) { counts[part] &+= 1 }
}

/// Parts that write to so many floats of their threads' memory, where they get it.
private struct Demand: ParallelWork {
    let floats: Int
    var partCount: Int { 8 }

    func run(part: Int) {
        guard let memory = ThreadScratch.image.floats(floats) else { return }
        for i in 0 ..< floats { memory[i] = Float(i) }
    }
}

/// Runs `Tally` of `parts` parts `repeats` times; true if every part ran just as often.
private func everyPartRuns(parts: Int, repeats: Int) -> Bool {
    let counts = UnsafeMutablePointer<Int32>.allocate(capacity: max(parts, 1))
    defer { counts.deallocate() }
    counts.initialize(repeating: 0, count: max(parts, 1))
    for _ in 0 ..< repeats { ThreadPool.shared.run(Tally(partCount: parts, counts: counts)) }
    return (0 ..< parts).allSatisfy { counts[$0] == repeats }
}

@Suite(.serialized) struct ThreadPoolTests {
    @Test(arguments: [1, 2, 3, 8, 2, 1]) func everyPartRunsOnce(threads: Int) {
        let before = ThreadPool.shared.threadCount
        defer { ThreadPool.shared.threadCount = before }
        ThreadPool.shared.threadCount = threads
        for parts in [0, 1, 2, 3, 7, 100, 5000] { #expect(everyPartRuns(parts: parts, repeats: 200)) }
    }

    @Test func callersOnSeveralThreadsDoNotDisturbOneAnother() async {
        await withTaskGroup(of: Bool.self) { group in
            for caller in 0 ..< 6 { group.addTask { everyPartRuns(parts: 50 + caller, repeats: 2000) } }
            for await fine in group { #expect(fine) }
        }
    }

    /// Threads do not survive a fork: the child starts its own.
    @Test func aForkedChildWorksOn() {
        let before = ThreadPool.shared.threadCount
        defer { ThreadPool.shared.threadCount = before }
        ThreadPool.shared.threadCount = 4
        #expect(everyPartRuns(parts: 100, repeats: 10))
        let child = forkAndRun { everyPartRuns(parts: 100, repeats: 100) }
        #expect(child)
        #expect(everyPartRuns(parts: 100, repeats: 10))
    }

    /// Work whose threads get no memory ends without it, and its caller is told; in a child, for others would be told too.
    @Test func missingMemoryIsTold() {
        let told = forkAndRun {
            let all = 1 << 50, some = 1000
            guard ThreadMemory.shortage(in: { ThreadPool.shared.run(Demand(floats: some)) }) == nil,
                  let bytes = ThreadMemory.shortage(in: { ThreadPool.shared.run(Demand(floats: all)) }), bytes > 4 * all else {
                return false
            }
            return ThreadMemory.shortage(in: { ThreadPool.shared.run(Demand(floats: some)) }) == nil
        }
        #expect(told)
    }

    /// `body` in a forked child that ends at once; its answer. A child that hangs is ended after 30 seconds: false.
    private func forkAndRun(_ body: () -> Bool) -> Bool {
        // `fork` is unavailable in Swift because a child must not rely on other threads: this one does not.
        let fork = unsafeBitCast(dlsym(nil, "fork")!, to: (@convention(c) () -> Int32).self)
        let child = fork()
        if child == 0 {
            alarm(30)
            _exit(body() ? 0 : 1)
        }
        var status: Int32 = 0
        waitpid(child, &status, 0)
        return status == 0
    }
}
