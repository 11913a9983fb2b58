import Kernels
import Synchronization

/// Whether wide convolutions are computed by minimal filtering: faster by far, with more rounding
/// (docs/winograd.md). Plans made from then on go by it.
public enum Winograd {
    private static let enabled = Atomic<Bool>(true)

    public static var isEnabled: Bool {
        get { enabled.load(ordering: .relaxed) }
        set { enabled.store(newValue, ordering: .relaxed) }
    }

    /// The layer for a convolution of so many images a pass, where minimal filtering applies, pays, and is enabled.
    ///
    /// - Parameter isEnabled: as the plan found it when it was begun, for the switch may move meanwhile.
    static func layer(_ windows: WindowLayer, kernel: Size, stride: Size, dilation: Size, images: Int,
                      isEnabled: Bool) -> WinogradLayer? {
        guard isEnabled, kernel.height == kernel.width, stride == Size(1), dilation == Size(1) else { return nil }
        let layer = WinogradLayer(windows, kernel: kernel.height)
        return layer.pays(images: images) ? layer : nil
    }
}

/// A convolution by minimal filtering, with the ReLU after it where that was fused.
final class WinogradOperation: WeightedOperation {
    private let layer: WinogradLayer

    init(layer: WinogradLayer, input: Value, output: Value, padding: Size, relu: Bool, weights: Weights) {
        self.layer = layer
        super.init(input: input, output: output, padding: padding, relu: relu, weights: weights)
    }

    override func packForProduct(_ pool: ThreadPool) {
        pool.run(WinogradPacking(layer: layer, weights: weights.weight, packed: weights.packedForProduct))
    }

    /// The gradient of the input takes the products' weights; where their memory is shared, it holds another layer's by then.
    override func packForScatter(_ pool: ThreadPool) {
        if weights.isPackedOnUse { packForProduct(pool) }
    }

    private func product(_ pass: Pass) -> WinogradProduct {
        WinogradProduct(
            layer: layer, images: pass.images, input: firstWindow, packed: weights.packedForProduct, bias: weights.bias,
            output: output.activations + output.interior, relu: relu)
    }

    override func multiply(_ pass: Pass, into pooling: MaxPooling?) {
        if let pooling {
            pass.pool.run(PooledProduct(product: product(pass), pooling: pooling))
        } else if layer.isWide {
            WideWinogradProduct(product(pass), scratch: weights.scratch).run(on: pass.pool)
        } else {
            pass.pool.run(product(pass))
        }
    }

    override func backward(_ pass: Pass, from outputGradient: UnsafeMutablePointer<Float>) {
        let toInput = inputGradient.map { WinogradGradient.Input(gradient: $0, packed: weights.packedForProduct) }
        let toWeights = weights.weightGradient.map { WinogradGradient.Weights(gradient: $0, bias: weights.biasGradient) }
        WinogradGradient(
            layer: layer, images: pass.images, input: firstWindow, outputGradient: outputGradient + output.interior,
            scratch: weights.scratch, toInput: toInput, toWeights: toWeights
        ).run(on: pass.pool)
    }
}
