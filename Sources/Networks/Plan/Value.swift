/// The output of a layer (or the image) within a plan: where it lies, for a whole batch.
///
/// Memory is [images, height + 2·border.height, width + 2·border.width, channels]; the border is the zeros that the
/// padding of the layers that read it asks for. Gradients have the same layout; what they hold in the border is noise.
final class Value {
    let shape: MapShape
    let border: Size
    /// First float, border included.
    private(set) var activations: UnsafeMutablePointer<Float>! = nil
    /// First float of ∂target/∂activations; nil where no gradient is wanted.
    private(set) var gradient: UnsafeMutablePointer<Float>? = nil

    init(shape: MapShape, border: Size) {
        self.shape = shape
        self.border = border
    }

    /// Floats from row to row, and from image to image.
    var rowStep: Int { (shape.width + 2 * border.width) * shape.channels }
    var imageStep: Int { (shape.height + 2 * border.height) * rowStep }
    /// Floats from the memory's first to the first pixel inside the border.
    var interior: Int { border.height * rowStep + border.width * shape.channels }
    /// Where a reader with `padding` finds its first window.
    func start(padding: Size) -> Int {
        (border.height - padding.height) * rowStep + (border.width - padding.width) * shape.channels
    }

    func place(activations: UnsafeMutablePointer<Float>, gradient: UnsafeMutablePointer<Float>?) {
        self.activations = activations
        self.gradient = gradient
    }

    /// Copies the interior out: [images, height, width, channels].
    func read(_ source: UnsafePointer<Float>, images: Int, into target: UnsafeMutablePointer<Float>) {
        let rowLength = shape.width * shape.channels
        var target = target
        for image in 0 ..< images {
            for y in 0 ..< shape.height {
                target.update(from: source + (image * imageStep + interior + y * rowStep), count: rowLength)
                target += rowLength
            }
        }
    }
}
