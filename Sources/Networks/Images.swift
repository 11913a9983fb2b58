import Kernels
import Tensors

/// A batch of images [count, height, width, channels] in someone else's memory, read in place.
public struct Images: @unchecked Sendable {
    public enum Pixels: Sendable {
        /// 0 ... 255, read as 0 ... 1.
        case uint8
        /// Read as they are.
        case float32
    }

    let data: UnsafeRawPointer
    let pixels: Pixels
    public let count: Int
    public let shape: MapShape

    /// - Parameter data: `count` · `shape.count` pixels, in memory that outlives this value.
    public init(data: UnsafeRawPointer, pixels: Pixels, count: Int, shape: MapShape) {
        self.data = data
        self.pixels = pixels
        self.count = count
        self.shape = shape
    }

    /// `count` images from number `first` on.
    public func slice(from first: Int, count: Int) -> Images {
        let bytes = shape.count * (pixels == .uint8 ? 1 : MemoryLayout<Float>.stride)
        return Images(data: data + first * bytes, pixels: pixels, count: count, shape: shape)
    }

    /// Copies one image out as the network reads it: `shape.count` floats.
    public func read(_ index: Int, into target: UnsafeMutablePointer<Float>) {
        switch pixels {
        case .uint8:
            let source = data.assumingMemoryBound(to: UInt8.self) + index * shape.count
            for i in 0 ..< shape.count { target[i] = Float(source[i]) / 255 }
        case .float32:
            target.update(from: data.assumingMemoryBound(to: Float.self) + index * shape.count, count: shape.count)
        }
    }

    /// Lends a tensor [N, H, W, C] of floats as images.
    /// - Throws: `NetworkError.invalidImages` unless it has four axes.
    public static func with<Result>(_ tensor: Tensor<Float>, _ body: (Images) throws -> Result) throws -> Result {
        try tensor.withUnsafePointer {
            try body(Images(data: $0, pixels: .float32, count: try checked(tensor.shape), shape: shape(tensor.shape)))
        }
    }

    /// Lends a tensor [N, H, W, C] of bytes as images.
    /// - Throws: `NetworkError.invalidImages` unless it has four axes.
    public static func with<Result>(_ tensor: Tensor<UInt8>, _ body: (Images) throws -> Result) throws -> Result {
        try tensor.withUnsafePointer {
            try body(Images(data: $0, pixels: .uint8, count: try checked(tensor.shape), shape: shape(tensor.shape)))
        }
    }

    private static func checked(_ shape: Shape) throws -> Int {
        guard shape.rank == 4 else {
            throw NetworkError.invalidImages("images must have the axes [N, H, W, C], not \(shape)")
        }
        return shape[0]
    }

    private static func shape(_ shape: Shape) -> MapShape {
        MapShape(height: shape[1], width: shape[2], channels: shape[3])
    }
}
