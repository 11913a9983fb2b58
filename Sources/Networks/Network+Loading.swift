import Kernels

// Images on their way into a plan, and gradients with respect to them on their way out.

extension Network {
    /// Reads images into a plan's input, normalised: the first `pass.images` of `source`, or those that `indices` name.
    /// - Parameter epoch: which one's changes `augmentation` makes.
    func load(_ source: Images, indices: UnsafePointer<Int32>? = nil, into plan: Plan, pass: Pass,
              augmentation: Augmentation = Augmentation(), epoch: Int = 0) {
        let image = plan.image
        let loading = source.loading(
            indices: indices, count: pass.images, output: image.activations + image.interior, rowStep: image.rowStep,
            imageStep: image.imageStep, scaling: rowScaling?.scaling)
        if augmentation.changesNothing {
            pass.pool.run(loading)
        } else {
            pass.pool.run(AugmentedLoading(
                loading, channels: image.shape.channels, changes: augmentation.kernelChanges,
                seed: pass.seed, epoch: epoch))
        }
    }

    /// Has images of pixels 0 ... 1 written into a plan's input, and normalises them there.
    func make(_ images: Range<Int>, in plan: Plan, pass: Pass, _ write: (Range<Int>, Canvas) -> Void) {
        let canvas = Canvas(plan.image), shape = imageShape
        write(images, canvas)
        guard let scaling = rowScaling?.scaling else { return }
        pass.pool.run(ScaleImages(
            images: images.count, rows: shape.height, rowLength: shape.width * shape.channels, pixels: canvas.pixels,
            rowStep: canvas.rowStep, imageStep: canvas.imageStep, scaling: scaling))
    }

    /// Turns activations of the input [count, height, width, channels] back into pixels 0 ... 1.
    func unscale(activations: UnsafeMutablePointer<Float>, count: Int) {
        forEachInputFloat(count) { i, scaling, x in activations[i] = (activations[i] - scaling.shift[x]) / scaling.scale[x] }
    }

    /// Turns a gradient with respect to the input into one with respect to pixels 0 ... 1.
    func unscale(gradient: UnsafeMutablePointer<Float>, count: Int) {
        forEachInputFloat(count) { i, scaling, x in gradient[i] *= scaling.scale[x] }
    }

    private func forEachInputFloat(_ count: Int, _ body: (Int, PixelScaling, Int) -> Void) {
        guard let scaling = rowScaling?.scaling else { return }
        let rowLength = imageShape.width * imageShape.channels
        for i in 0 ..< count * imageShape.count { body(i, scaling, i % rowLength) }
    }
}
