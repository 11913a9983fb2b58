// swift-tools-version: 6.3
import PackageDescription

// One row per module, in the order data flows: a module may import only modules named before it
// (and Metrics only Tensors). python/tests/test_house.py enforces this.
//
// The instruction-set level is chosen from outside, one build per level:
//   swift build -c release -Xcc -march=x86-64-v4 -Xswiftc -DEVICAM_X86_64_V4
// Without these flags the engine is built for the platform's baseline.

let numerics = Target.Dependency.product(name: "RealModule", package: "swift-numerics")

/// Loops over raw memory: bounds were checked by the caller, so arithmetic and precondition checks are left out.
let unchecked: [SwiftSetting] = [.unsafeFlags(["-Ounchecked"], .when(configuration: .release))]

/// A module with its README, which the compiler should pass over.
func module(_ name: String, dependencies: [Target.Dependency] = [], swiftSettings: [SwiftSetting] = []) -> Target {
    .target(name: name, dependencies: dependencies, exclude: ["README.md"], swiftSettings: swiftSettings)
}

let package = Package(
    name: "EviCAM",
    products: [
        .library(name: "EviCAM", targets: ["EviCAM"]),
        // Everything the Python package loads; the Makefile links it into one shared object per level.
        .library(name: "EviCAMEngine", type: .static, targets: ["EviCAMABI"]),
    ],
    dependencies: [
        .package(url: "https://github.com/apple/swift-numerics", from: "1.1.1"),
    ],
    targets: [
        .target(name: "CEviCAM"),

        .target(name: "CPrefetch"),
        module("Kernels", dependencies: ["CPrefetch"], swiftSettings: unchecked),
        .testTarget(name: "KernelsTests", dependencies: ["Kernels"]),

        module("Tensors", dependencies: ["Kernels"]),
        .testTarget(name: "TensorsTests", dependencies: ["Tensors"]),

        module("Networks", dependencies: ["Kernels", "Tensors"]),
        .testTarget(name: "NetworksTests", dependencies: ["Networks", "Evidential"]),

        module("Evidential", dependencies: ["Kernels", "Tensors", "Networks", numerics]),
        .testTarget(name: "EvidentialTests", dependencies: ["Evidential", numerics]),

        module("Explanations", dependencies: ["Kernels", "Tensors", "Networks", "Evidential"]),
        .testTarget(name: "ExplanationsTests", dependencies: ["Explanations"]),

        module("Metrics", dependencies: ["Tensors"]),
        .testTarget(name: "MetricsTests", dependencies: ["Metrics"]),

        // Speed of the kernels alone: make bench-kernels.
        .executableTarget(name: "KernelBenchmarks", dependencies: ["Kernels"], path: "benchmarks/kernels"),

        module("EviCAM", dependencies: ["Tensors", "Networks", "Evidential", "Explanations", "Metrics"]),
        module("EviCAMABI", dependencies: ["CEviCAM", "EviCAM", "Kernels"]),
    ],
    swiftLanguageModes: [.v6]
)
