import Testing
@testable import Evidential

@Suite struct SpecialFunctionTests {
    /// 1e-6 is asked for; a few ulps are met. About a zero the error is absolute: digamma's at 1.4616…, ln Γ's at 1 and 2.
    @Test(arguments: specialFunctionsGolden)
    func agreeWithArbitraryPrecision(golden: (x: Double, digamma: Double, trigamma: Double, logGamma: Double)) {
        let x = golden.x
        #expect(abs(SpecialFunctions.digamma(x) - golden.digamma) <= 1e-13 * max(1, abs(golden.digamma)))
        #expect(abs(SpecialFunctions.trigamma(x) - golden.trigamma) <= 1e-13 * golden.trigamma)
        #expect(abs(SpecialFunctions.logGamma(x) - golden.logGamma) <= 1e-13 * max(1, abs(golden.logGamma)))
    }

    @Test(arguments: [1e-300, 1e-20, 1e15, 1e100, 1e300]) func stayFiniteAtTheEnds(x: Double) {
        // ψ'(x) passes 1.8e308 below x = 1e-154.
        for value in [SpecialFunctions.digamma(x), SpecialFunctions.trigamma(max(x, 1e-150)), SpecialFunctions.logGamma(x)] {
            #expect(value.isFinite)
        }
    }
}
