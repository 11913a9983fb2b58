import Metrics
import Testing

@Suite("Classification")
struct ClassificationTests {
    @Test("accuracy is the share of predictions that equal their label")
    func accuracy() {
        #expect(Classification.accuracy(of: [3, 1, 2, 2], labels: [3, 2, 2, 2]) == 0.75)
        #expect(Classification.accuracy(of: ["boot"], labels: ["bag"]) == 0)
        #expect(Classification.accuracy(of: ["boot"], labels: ["boot"]) == 1)
        #expect(Classification.accuracy(of: [Int](), labels: []).isNaN)
    }
}
