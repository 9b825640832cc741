// A text becomes a label.

import Foundation
import OnnxRuntimeBindings
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

/// The model of this package, ready to classify; texts that come at the same time wait for each other.
public actor Classifier {
    /// The labels, in the model's order.
    public nonisolated let labels: [String]

    private let files: ModelFiles
    private let session: Session
    private let tokenizer: Tokenizer

    private init(_ files: ModelFiles, _ session: Session, _ tokenizer: Tokenizer) {
        (labels, self.files, self.session, self.tokenizer) = (files.labels, files, session, tokenizer)
    }

    /// Check the model's files and load it, away from the main thread.
    ///
    /// - Parameters:
    ///   - folder: a model's folder; nil: the model of this package
    ///   - threads: how many threads one text may use
    /// - Throws: `ModelError.damaged` for a changed file, `.wrongTask`, `.unsupported`, `.runtime`.
    public static func load(from folder: URL? = nil, threads: Int = 1) async throws -> Classifier {
        let files = try ModelFiles(folder: folder ?? PackagedModel.folder)
        try files.expect(.classification, instead: "Generator")
        let tokenizer = try Tokenizer(try files.data("tokenizer.json"), maxLength: files.maxLength)
        let session = try Session(files.folder.appendingPathComponent(files.model).path, threads: threads)
        return Classifier(files, session, tokenizer)
    }

    /// The label of a text, or of a pair of texts; what is longer than the model takes is cut off.
    public func classify(_ text: String, pair: String? = nil) throws -> Prediction {
        try predict(logits(tokenizer.encode(text, pair: pair)))
    }

    /// Run the golden cases: text to ids to logits to label, each as it was when the model was made.
    ///
    /// - Throws: `ModelError.selfTest` that names the first difference.
    public func selfTest() throws -> SelfTestResult {
        let cases = try files.goldenCases()
        var largest: Float = 0
        for (index, one) in cases.enumerated() {
            let comparison = Comparison(number: index + 1, text: one.text, tolerance: files.tolerance)
            let encoding = try tokenizer.encode(one.text, pair: one.pair)
            try comparison.same(encoding.ids, one.ids)
            let prediction = predict(try logits(encoding))
            largest = max(largest, try comparison.close(prediction.logits, one.logits))
            try comparison.same(label: prediction.label, one.label)
        }
        return SelfTestResult(cases: cases.count, maxDifference: largest)
    }

    private func logits(_ encoding: Encoding) throws -> [Float] {
        let rows = [
            "ids": encoding.ids, "mask": encoding.ids.map { _ in 1 }, "types": encoding.typeIds,
        ]
        var inputs: [String: ORTValue] = [:]
        for input in files.inputs {
            // a model of one length takes padding on the right, with mask 0
            let padding = max(0, (input.shape.count > 1 ? input.shape[1] ?? 0 : 0) - encoding.ids.count)
            let role = Self.role(input.name)
            let fill = role == "ids" ? files.padId : 0
            let row = (rows[role] ?? []) + [Int](repeating: fill, count: padding)
            inputs[input.name] = try Session.tensor(row, type: input.type)
        }
        let found = try session.run(inputs, output: files.outputs.first?.name ?? "logits")
        guard found.count == labels.count else {
            throw ModelError.runtime("the model gives \(found.count) logits for \(labels.count) labels")
        }
        return found
    }

    private static func role(_ name: String) -> String {
        name.contains("mask") ? "mask" : name.contains("type") ? "types" : "ids"
    }

    private func predict(_ logits: [Float]) -> Prediction {
        let place = best(of: logits)
        let weights = logits.map { exp(Double($0 - logits[place])) }
        let sum = weights.reduce(0, +)
        let scores = zip(labels, weights).map { LabelScore(label: $0, score: $1 / sum) }
        return Prediction(label: labels[place], score: scores[place].score, scores: scores, logits: logits)
    }
}
