import Kernels

/// What a plan is made for.
enum Purpose: Hashable {
    /// Logits only.
    case inference
    /// Logits, the activations of the named layers, and gradients with respect to them.
    case explanation(taps: [String])
    /// Logits with dropout, and gradients with respect to the parameters.
    case training

    var taps: [String] {
        if case .explanation(let taps) = self { taps } else { [] }
    }
}

/// A network compiled for a batch size: layers fused, every buffer placed once, no allocation when it runs.
final class Plan {
    let capacity: Int
    private let operations: [Operation]
    private let backwardSteps: [BackwardStep]
    private let weighted: [WeightedOperation]
    private let values: [String: Value]
    /// Keeps the memory of values, packed weights and scratch alive.
    private let memory: Arena
    let image: Value
    let logits: Value
    /// State of the parameters the packed weights were made from.
    private var packedVersion = -1

    /// One operation's turn on the way back, and the gradients that must be zero before it adds to them: those it is
    /// the first to write.
    struct BackwardStep {
        var operation: Operation
        var clears: [Value]
    }

    init(capacity: Int, operations: [Operation], backwardSteps: [BackwardStep], values: [String: Value],
         memory: Arena, image: Value, logits: Value) {
        self.capacity = capacity
        self.operations = operations
        self.backwardSteps = backwardSteps
        self.values = values
        self.memory = memory
        self.image = image
        self.logits = logits
        weighted = operations.compactMap { $0 as? WeightedOperation }
    }

    /// The output of a layer; only of the image, the logits and tapped layers is it sure to be the layer's own.
    func value(_ layer: String) -> Value { values[layer]! }

    /// Image to logits. `version` tells whether the parameters have changed since the last pass.
    /// - Throws: `NetworkError.outOfMemory` when a thread had no memory to work in.
    func forward(_ pass: Pass, version: Int) throws {
        try run {
            if packedVersion != version {
                for operation in weighted { operation.prepare(pass.pool) }
                packedVersion = version
            }
            for operation in operations { operation.forward(pass) }
        }
    }

    /// Gradient of the logits (put into `logits.gradient` by the caller) back to the taps or parameters.
    /// - Throws: as `forward`.
    func backward(_ pass: Pass) throws {
        try run {
            for step in backwardSteps {
                for value in step.clears {
                    pass.pool.run(Clear(count: pass.images * value.imageStep, target: value.gradient!))
                }
                step.operation.backward(pass)
            }
        }
    }

    private func run(_ body: () -> Void) throws {
        guard let bytes = ThreadMemory.shortage(in: body) else { return }
        packedVersion = -1 // some weights may not have been packed
        throw NetworkError.outOfMemory(bytes: bytes)
    }
}
