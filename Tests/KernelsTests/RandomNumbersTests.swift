import Testing
@testable import Kernels

@Suite struct RandomNumbersTests {
    /// Counter, key and output as published with the generator (kat_vectors of the Random123 distribution).
    private static let known: [(SIMD4<UInt32>, SIMD2<UInt32>, SIMD4<UInt32>)] = [
        (SIMD4(repeating: 0), SIMD2(repeating: 0), SIMD4(0x6627_e8d5, 0xe169_c58d, 0xbc57_ac4c, 0x9b00_dbd8)),
        (SIMD4(repeating: .max), SIMD2(repeating: .max), SIMD4(0x408f_276d, 0x41c8_3b0e, 0xa20b_c7c6, 0x6d54_51fd)),
        (SIMD4(0x243f_6a88, 0x85a3_08d3, 0x1319_8a2e, 0x0370_7344), SIMD2(0xa409_3822, 0x299f_31d0),
         SIMD4(0xd16c_fe09, 0x94fd_cceb, 0x5001_e420, 0x2412_6ea1)),
    ]

    @Test func philoxGivesThePublishedNumbers() {
        for (counter, key, words) in Self.known { #expect(Philox.rounds(counter: counter, key: key) == words) }
    }

    @Test func streamsDiffer() {
        let streams = [Philox(seed: 0, purpose: .weights), Philox(seed: 1, purpose: .weights), Philox(seed: 1 << 32, purpose: .weights),
                       Philox(seed: 0, purpose: .weights, index: 1), Philox(seed: 0, purpose: .shuffle),
                       Philox(seed: 0, purpose: .dropout)]
        let positions: [UInt64] = [0, 1, 2, 1 << 32, 1 << 40]
        let blocks = streams.flatMap { stream in positions.map { stream.block($0) } }
        #expect(Set(blocks).count == blocks.count)
    }

    @Test(arguments: [1, 2, 3, 10, 1000]) func aShuffleHoldsEveryIndexOnce(count: Int) {
        var order = [Int32](repeating: -1, count: count)
        Philox(seed: 3, purpose: .shuffle).shuffle(&order, count: count)
        #expect(order.sorted() == (0 ..< Int32(count)).map { $0 })
    }

    /// Each of the 24 orders of four is as likely: chi-squared with 23 degrees of freedom is below 49.7 with 99.9%.
    @Test func shufflesAreUniform() {
        let trials = 24_000
        var counts: [[Int32]: Int] = [:]
        for trial in 0 ..< trials {
            var order = [Int32](repeating: 0, count: 4)
            Philox(seed: 11, purpose: .shuffle, index: trial).shuffle(&order, count: 4)
            counts[order, default: 0] += 1
        }
        let expected = Double(trials) / 24
        let statistic = counts.values.reduce(0.0) { $0 + (Double($1) - expected) * (Double($1) - expected) / expected }
        #expect(counts.count == 24)
        #expect(statistic < 49.7)
    }

    @Test func unitsAreBelowOne() {
        #expect(Philox.unit(.max) < 1)
        #expect(Philox.unit(0) == 0)
    }
}
