import CEviCAM
import EviCAM

@c @implementation
public func evicam_dice(
    _ a: UnsafePointer<UInt8>!, _ b: UnsafePointer<UInt8>!, _ count: Int64, _ pixels: Int64,
    _ scores: UnsafeMutablePointer<Double>!, _ error: UnsafeMutablePointer<evicam_error>!
) -> evicam_status {
    overlap(a, b, count, pixels, scores, error, Overlap.dice)
}

@c @implementation
public func evicam_iou(
    _ a: UnsafePointer<UInt8>!, _ b: UnsafePointer<UInt8>!, _ count: Int64, _ pixels: Int64,
    _ scores: UnsafeMutablePointer<Double>!, _ error: UnsafeMutablePointer<evicam_error>!
) -> evicam_status {
    overlap(a, b, count, pixels, scores, error, Overlap.iou)
}

private func overlap(
    _ a: UnsafePointer<UInt8>?, _ b: UnsafePointer<UInt8>?, _ count: Int64, _ pixels: Int64,
    _ scores: UnsafeMutablePointer<Double>?, _ error: UnsafeMutablePointer<evicam_error>?,
    _ measure: (UnsafePointer<UInt8>, UnsafePointer<UInt8>, Int, Int, UnsafeMutablePointer<Double>) -> Void
) -> evicam_status {
    call(error) {
        let a = try require(a, "a"), b = try require(b, "b"), scores = try require(scores, "scores")
        let count = try require(count, "count", in: 1 ... .max), pixels = try require(pixels, "pixels", in: 1 ... .max)
        try requireProduct([count, pixels], "masks")
        measure(a, b, count, pixels, scores)
    }
}

@c @implementation
public func evicam_calibration_error(
    _ confidence: UnsafePointer<Double>!, _ correct: UnsafePointer<UInt8>!, _ count: Int64, _ bins: Int64,
    _ errorValue: UnsafeMutablePointer<Double>!, _ binConfidence: UnsafeMutablePointer<Double>!,
    _ binAccuracy: UnsafeMutablePointer<Double>!, _ binCount: UnsafeMutablePointer<Int64>!,
    _ error: UnsafeMutablePointer<evicam_error>!
) -> evicam_status {
    call(error) {
        let confidence = try require(confidence, "confidence"), correct = try require(correct, "correct")
        let result = try require(errorValue, "error_value")
        let count = try require(count, "count", in: 1 ... .max), bins = try require(bins, "bins", in: 1 ... 1 << 20)
        try requireProduct([count], "confidence")
        for i in 0 ..< count where !(confidence[i] >= 0 && confidence[i] <= 1) {
            throw Failure.invalid("confidence \(i) is \(confidence[i]), but must be 0 ... 1")
        }
        result.pointee = Calibration.expectedError(
            confidence: confidence, correct: correct, count: count, bins: bins, binConfidence: binConfidence,
            binAccuracy: binAccuracy, binCount: binCount)
    }
}
