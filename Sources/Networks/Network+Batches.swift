extension Network {
    /// - Throws: `NetworkError.invalidImages` when an epoch has a batch of a single image, in which a batch normalisation
    ///   would see one value per channel: it has no variance.
    func checkBatches(of size: Int, images: Int) throws {
        let last = images % size == 0 ? size : images % size
        guard min(images, last) == 1 else { return }
        for (layer, shape) in zip(architecture.layers, shapes) where shape.height * shape.width == 1 {
            guard case .batchNormalisation = layer.kind else { continue }
            throw NetworkError.invalidImages(
                "\(images) image\(images == 1 ? "" : "s") in batches of \(size) make one of a single image, of which layer '\(layer.name)' sees one "
                    + "value per channel: that has no variance to normalise by; choose another batch size")
        }
    }
}
