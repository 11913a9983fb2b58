import Explanations

extension Resize {
    /// The aligned resize for one jump along both axes. The receptive field's size does not matter to it.
    static func aligned(startY: Double, startX: Double, jump: Double) -> Resize {
        .aligned(LayerGeometry(y: ReceptiveField(jump: jump, size: 1, start: startY),
                               x: ReceptiveField(jump: jump, size: 1, start: startX)))
    }
}
