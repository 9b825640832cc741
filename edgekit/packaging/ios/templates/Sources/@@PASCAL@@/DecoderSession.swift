// A decoder with its key-value cache: the cache lies in fixed memory that every run reads and writes in place.

import Foundation
import OnnxRuntimeBindings
import @@PASCAL@@Core

/// The decoder of a model's files, for one text at a time.
final class DecoderSession {
    private static let past = "past_key_values."
    private static let present = "present."

    /// The most tokens that the cache holds.
    let capacity: Int
    /// How many tokens the cache holds now.
    private(set) var length = 0

    private let session: Session
    private let vocabulary: Int
    private let numbers: NSMutableData
    private let logits: ORTValue
    private let keepOne: ORTValue
    private let ones: NSMutableData
    private var caches: [String: ORTValue] = [:]
    private var outputs: [String: ORTValue] = [:]

    init(_ files: ModelFiles, threads: Int) throws {
        session = try Session(files.folder.appendingPathComponent(files.model).path, threads: threads)
        capacity = files.maxLength
        guard let last = files.outputs.first(where: { $0.name == "logits" })?.shape.last, let vocabulary = last,
            try session.inputNames().isSuperset(of: ["input_ids", "attention_mask", "logits_to_keep"])
        else { throw ModelError.unsupported("the model is no decoder that edgekit exported") }
        self.vocabulary = vocabulary
        let numbers = NSMutableData(length: vocabulary * MemoryLayout<Float>.size)!
        let ones = data([Int64](repeating: 1, count: files.maxLength))
        (self.numbers, self.ones) = (numbers, ones)
        (logits, keepOne) = try Session.attempt("ONNX Runtime takes no tensor") {
            (
                try ORTValue(tensorData: numbers, elementType: .float, shape: [1, 1, vocabulary as NSNumber]),
                try ORTValue(tensorData: data([Int64(1)]), elementType: .int64, shape: [1])
            )
        }
        outputs["logits"] = logits
        for input in files.inputs where input.name.hasPrefix(Self.past) {
            let cache = try Self.cache(input, capacity)
            caches[input.name] = cache
            outputs[Self.present + input.name.dropFirst(Self.past.count)] = cache
        }
    }

    /// Append tokens; the logits after the last of them.
    func feed(_ ids: [Int]) throws -> [Float] {
        guard !ids.isEmpty, length + ids.count <= capacity, ids.allSatisfy({ (0..<vocabulary).contains($0) }) else {
            throw ModelError.badInput("\(ids.count) tokens do not fit behind \(length) of \(capacity), or are none")
        }
        let total = length + ids.count
        var inputs = caches
        inputs["input_ids"] = try Session.tensor(ids, type: "int64")
        inputs["attention_mask"] = try Session.attempt("ONNX Runtime takes no tensor") {
            try ORTValue(tensorData: ones, elementType: .int64, shape: [1, total as NSNumber])
        }
        inputs["logits_to_keep"] = keepOne
        try session.run(inputs, into: outputs)
        length = total
        let found = floats(numbers)
        guard found.allSatisfy(\.isFinite) else {
            throw ModelError.runtime("the model gives logits that are no numbers")
        }
        return found
    }

    /// Forget all tokens. The memory needs no clearing: what lies behind `length` is not read.
    func reset() { length = 0 }

    private static func cache(_ input: ModelFiles.Tensor, _ capacity: Int) throws -> ORTValue {
        guard input.type == "float32", input.shape.count == 4, let heads = input.shape[1], let size = input.shape[3]
        else { throw ModelError.unsupported("the model's cache \(input.name) is of another kind than is known here") }
        let memory = NSMutableData(length: heads * capacity * size * MemoryLayout<Float>.size)!
        return try Session.attempt("ONNX Runtime takes no tensor") {
            try ORTValue(
                tensorData: memory, elementType: .float,
                shape: [1, heads as NSNumber, capacity as NSNumber, size as NSNumber])
        }
    }
}
