// What the logits of this package's model mean: one label out of all.

import Foundation
import @@PASCAL@@Core

/// The label of a text.
public struct Prediction: Equatable, Sendable {
    public let label: String
    /// How probable the label is, from 0 to 1.
    public let score: Double
    /// The score of each label, in the model's order.
    public let scores: [LabelScore]
    /// What the model gave, before the softmax.
    public let logits: [Float]
}

/// A label and how probable it is.
public struct LabelScore: Equatable, Sendable {
    public let label: String
    public let score: Double
}

extension Classifier {
    /// The labels, in the model's order.
    public nonisolated var labels: [String] { head.labels }
}

/// Reads logits as an answer, and holds an answer against that of a golden case.
struct Head: Sendable {
    let labels: [String]

    /// - Throws: `ModelError.wrongTask` for a model that answers with something else.
    init(_ files: ModelFiles) throws {
        guard files.logits == .singleLabel else { throw files.logits.otherThan("single-label classifier") }
        labels = files.labels
    }

    func read(_ logits: [Float]) -> Prediction {
        let place = best(of: logits)
        let weights = logits.map { exp(Double($0 - logits[place])) }
        let sum = weights.reduce(0, +)
        let scores = zip(labels, weights).map { LabelScore(label: $0, score: $1 / sum) }
        return Prediction(label: labels[place], score: scores[place].score, scores: scores, logits: logits)
    }

    func check(_ found: Prediction, _ golden: GoldenAnswer, _ comparison: Comparison) throws {
        try comparison.same(label: found.label, golden)
    }
}
