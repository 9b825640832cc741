// What the logits of this package's model mean: each label by itself.

import Foundation
import @@PASCAL@@Core

/// The labels that hold for a text, and the score of every label by itself.
public struct Prediction: Equatable, Sendable {
    /// The labels whose scores reach their thresholds, in the model's order; none where no label holds.
    public let labels: [String]
    /// The score of every label, in the model's order; together they are no 1.
    public let scores: [LabelScore]
    /// What the model gave, before the sigmoid.
    public let logits: [Float]
}

/// A label and how probable it is that it holds.
public struct LabelScore: Equatable, Sendable {
    public let label: String
    public let score: Double
}

extension Classifier {
    /// The labels, in the model's order.
    public nonisolated var labels: [String] { head.labels }

    /// From which score on each label holds, in the order of the labels.
    public nonisolated var thresholds: [Double] { head.thresholds }
}

/// Reads logits as an answer, and holds an answer against that of a golden case.
struct Head: Sendable {
    let labels: [String]
    let thresholds: [Double]

    /// - Throws: `ModelError.wrongTask` for a model that answers with something else.
    init(_ files: ModelFiles) throws {
        guard case .multiLabel(let thresholds) = files.logits else {
            throw files.logits.otherThan("multi-label classifier")
        }
        (labels, self.thresholds) = (files.labels, thresholds)
    }

    func read(_ logits: [Float]) -> Prediction {
        // in double precision, as edgekit computes it: a score at its threshold holds on every platform
        let scores = zip(labels, logits).map { LabelScore(label: $0, score: 1 / (1 + exp(-Double($1)))) }
        let holding = zip(scores, thresholds).filter { $0.score >= $1 }.map(\.0.label)
        return Prediction(labels: holding, scores: scores, logits: logits)
    }

    func check(_ found: Prediction, _ golden: GoldenAnswer, _ comparison: Comparison) throws {
        try comparison.same(labels: found.labels, golden)
    }
}
