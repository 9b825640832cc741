// A text becomes what the model says of it.

import Foundation
import OnnxRuntimeBindings
import @@PASCAL@@Core

/// The model of this package, ready to classify; texts that come at the same time wait for each other.
public actor Classifier {
    nonisolated let head: Head

    private let files: ModelFiles
    private let session: Session
    private let tokenizer: Tokenizer

    private init(_ files: ModelFiles, _ head: Head, _ session: Session, _ tokenizer: Tokenizer) {
        (self.files, self.head, self.session, self.tokenizer) = (files, head, session, tokenizer)
    }

    /// Check the model's files and load it, away from the main thread.
    ///
    /// - Parameters:
    ///   - folder: a model's folder; nil: the model of this package
    ///   - threads: how many threads one text may use
    /// - Throws: `ModelError.damaged` for a changed file, `.wrongTask`, `.unsupported`, `.runtime`;
    ///   `CancellationError` when the task that asks is cancelled.
    public static func load(from folder: URL? = nil, threads: Int = 1) async throws -> Classifier {
        let files = try ModelFiles(folder: folder ?? PackagedModel.folder)
        try files.expect(.classification, instead: "Generator")
        let head = try Head(files)
        try Task.checkCancellation()
        let tokenizer = try Tokenizer(try files.data("tokenizer.json"), maxLength: files.maxLength)
        try Task.checkCancellation()
        let session = try Session(files.folder.appendingPathComponent(files.model).path, threads: threads)
        return Classifier(files, head, session, tokenizer)
    }

    /// What the model says of a text, or of a pair of texts; what is longer than the model takes is cut off.
    public func classify(_ text: String, pair: String? = nil) throws -> Prediction {
        guard pair != nil || !files.needsPairs else {
            throw ModelError.badInput("the model takes pairs of texts, and was given one: give the second as well")
        }
        guard pair == nil || files.takesPairs else {
            throw ModelError.badInput("the model takes single texts, and was given a pair: leave the second text out")
        }
        return head.read(try logits(tokenizer.encode(text, pair: pair)))
    }

    /// Run the golden cases: text to ids to logits to the answer, each as it was when the model was made.
    ///
    /// - Throws: `ModelError.selfTest` that names the first difference, `CancellationError`.
    public func selfTest() throws -> SelfTestResult {
        let cases = try files.goldenCases()
        try files.tolerance.check(cases.flatMap(\.logits))
        var largest: Float = 0
        var found: [[Float]] = []
        for (index, one) in cases.enumerated() {
            try Task.checkCancellation()
            let comparison = Comparison(number: index + 1, text: one.text, tolerance: files.tolerance)
            let encoding = try tokenizer.encode(one.text, pair: one.pair)
            try comparison.same(encoding.ids, one.ids)
            let prediction = head.read(try logits(encoding))
            largest = max(largest, try comparison.close(prediction.logits, one.logits))
            try head.check(prediction, one.answer, comparison)
            found.append(prediction.logits)
        }
        try Comparison.vary(found, cases.map(\.logits))
        return SelfTestResult(cases: cases.count, maxDifference: largest)
    }

    private func logits(_ encoding: Encoding) throws -> [Float] {
        guard files.takesPairs || encoding.typeIds.allSatisfy({ $0 == 0 }) else {
            throw ModelError.badInput("the model takes single texts, and was given a pair: leave the second text out")
        }
        // a text without any token is one of padding
        let empty = encoding.ids.isEmpty
        let ids = empty ? [files.padId] : encoding.ids
        let rows = ["ids": ids, "mask": ids.map { _ in 1 }, "types": empty ? [0] : encoding.typeIds]
        var inputs: [String: ORTValue] = [:]
        for input in files.inputs {
            // a model of one length takes padding on the right, with mask 0
            let padding = max(0, (input.shape.count > 1 ? input.shape[1] ?? 0 : 0) - ids.count)
            let role = Self.role(input.name)
            let fill = role == "ids" ? files.padId : 0
            let row = (rows[role] ?? []) + [Int](repeating: fill, count: padding)
            inputs[input.name] = try Session.tensor(row, type: input.type)
        }
        let found = try session.run(inputs, output: files.outputs.first?.name ?? "logits")
        guard found.count == files.labels.count else {
            throw ModelError.runtime("the model gives \(found.count) logits, expected \(files.labels.count)")
        }
        return found
    }

    private static func role(_ name: String) -> String {
        name.contains("mask") ? "mask" : name.contains("type") ? "types" : "ids"
    }
}
