import CEviCAM
import EviCAM

/// The evidence function that two C arguments describe.
func evidenceFunction(_ number: Int32, clip: Float, name: String = "function") throws -> EvidenceFunction {
    switch Int(number) {
    case Int(EVICAM_EVIDENCE_RELU): return .relu
    case Int(EVICAM_EVIDENCE_SOFTPLUS): return .softplus
    case Int(EVICAM_EVIDENCE_EXPONENTIAL):
        guard clip >= 1, clip <= 80 else {
            throw Failure.invalid("the exponential's clip is \(clip), but must be 1 ... 80")
        }
        return .exponential(clip: Double(clip))
    default:
        throw Failure.invalid("\(name) is \(number), but must be one of EVICAM_EVIDENCE_...")
    }
}

/// Checks a [count, classes] array's extents and says how many elements it has.
private func extents(_ count: Int64, _ classes: Int64) throws -> (count: Int, classes: Int) {
    let count = try require(count, "count", in: 1 ... .max)
    let classes = try require(classes, "classes", in: 2 ... 1 << 20)
    try requireProduct([count, classes], "the array")
    return (count, classes)
}

@c @implementation
public func evicam_evidence(
    _ logits: UnsafePointer<Float>!, _ count: Int64, _ classes: Int64, _ function: Int32, _ clip: Float,
    _ evidence: UnsafeMutablePointer<Float>!, _ error: UnsafeMutablePointer<evicam_error>!
) -> evicam_status {
    call(error) {
        let logits = try require(logits, "logits"), evidence = try require(evidence, "evidence")
        let (count, classes) = try extents(count, classes)
        Opinions.evidence(logits, count: count * classes, function: try evidenceFunction(function, clip: clip),
                          into: evidence)
    }
}

@c @implementation
public func evicam_softmax(
    _ logits: UnsafePointer<Float>!, _ count: Int64, _ classes: Int64, _ probability: UnsafeMutablePointer<Float>!,
    _ error: UnsafeMutablePointer<evicam_error>!
) -> evicam_status {
    call(error) {
        let logits = try require(logits, "logits"), probability = try require(probability, "probability")
        let (count, classes) = try extents(count, classes)
        Opinions.softmax(logits, count: count, classes: classes, into: probability)
    }
}

@c @implementation
public func evicam_opinions(
    _ evidence: UnsafePointer<Float>!, _ count: Int64, _ classes: Int64, _ opinion: UnsafePointer<evicam_opinion>!,
    _ error: UnsafeMutablePointer<evicam_error>!
) -> evicam_status {
    call(error) {
        let evidence = try require(evidence, "evidence"), opinion = try require(opinion, "opinion")
        let (count, classes) = try extents(count, classes)
        let wanted = try read(opinion, \.struct_size, name: "opinion", first: MemoryLayout<evicam_opinion>.size,
                              empty: evicam_opinion())
        for i in 0 ..< count * classes where !(evidence[i] >= 0 && evidence[i].isFinite) {
            throw Failure.invalid("evidence holds \(evidence[i]) at element \(i), but must be finite and at least 0")
        }
        var results = Opinions.Results()
        results.alpha = wanted.alpha
        results.belief = wanted.belief
        results.probability = wanted.probability
        results.strength = wanted.strength
        results.uncertainty = wanted.uncertainty
        results.dissonance = wanted.dissonance
        results.entropy = wanted.entropy
        results.mutualInformation = wanted.mutual_information
        Opinions.measure(evidence, count: count, classes: classes, into: results)
    }
}
