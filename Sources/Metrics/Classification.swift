/// How often the predicted class is the right one.
public enum Classification {
    /// Share of predictions that equal their label.
    ///
    /// - Parameters:
    ///   - predictions: one per image.
    ///   - labels: one per image, as many as predictions.
    /// - Returns: 0 ... 1; NaN when there are no images.
    public static func accuracy<Label: Equatable>(of predictions: [Label], labels: [Label]) -> Double {
        precondition(predictions.count == labels.count, "\(predictions.count) predictions, \(labels.count) labels")
        var correct = 0
        for (prediction, label) in zip(predictions, labels) where prediction == label { correct += 1 }
        return Double(correct) / Double(labels.count)
    }
}
