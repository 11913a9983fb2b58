/// What can be wrong with a network or a request to it. The description is one sentence for the user.
public enum NetworkError: Error, Sendable, CustomStringConvertible {
    /// The architecture does not parse or does not hold together.
    case invalidArchitecture(String)
    /// An image or a batch does not fit.
    case invalidImages(String)
    /// A setting or argument is out of range.
    case invalidArgument(String)
    /// There is no such layer.
    case unknownLayer(String, known: [String])
    /// The layer's output has no height and width.
    case notAMap(String, maps: [String])
    /// Memory could not be had.
    case outOfMemory(bytes: Int)
    /// The loss became NaN or infinite; the weights are those of the step before.
    case lossNotFinite(step: Int)

    public var description: String {
        switch self {
        case .invalidArchitecture(let text), .invalidImages(let text), .invalidArgument(let text): text
        case .unknownLayer(let name, let known): "there is no layer '\(name)'; the layers are \(list(known))"
        case .notAMap(let name, let maps):
            "layer '\(name)' has no height and width to draw a map on; layers that have are \(list(maps))"
        case .outOfMemory(let bytes): "\(bytes) bytes of memory are not to be had; try a smaller batch or image"
        case .lossNotFinite(let step):
            "the loss is no longer finite at step \(step); try a smaller learning rate (the weights are those before it)"
        }
    }

    private func list(_ names: [String]) -> String { names.isEmpty ? "none" : names.joined(separator: ", ") }
}
