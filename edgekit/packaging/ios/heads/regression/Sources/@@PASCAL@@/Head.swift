// What the logit of this package's model means: a number.

import @@PASCAL@@Core

/// The number of a text.
public struct Prediction: Equatable, Sendable {
    /// The model's logit as it is.
    public let value: Float
    /// What the model gave: the value alone.
    public let logits: [Float]
}

/// Reads the logit as an answer, and holds an answer against that of a golden case.
struct Head: Sendable {
    /// - Throws: `ModelError.wrongTask` for a model that answers with something else.
    init(_ files: ModelFiles) throws {
        guard files.logits == .regression else { throw files.logits.otherThan("regression") }
    }

    func read(_ logits: [Float]) -> Prediction {
        Prediction(value: logits[0], logits: logits)
    }

    func check(_ found: Prediction, _ golden: GoldenAnswer, _ comparison: Comparison) throws {
        try comparison.close(value: found.value, golden)
    }
}
