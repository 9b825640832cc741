// What can go wrong between the files of the model and an answer, each with a sentence that says what and where.

import Foundation

/// Every error of this package.
public enum ModelError: Error, Equatable, Sendable {
    /// A file of the model is missing, was changed, or cannot be read.
    case damaged(String)
    /// The model is for another task than was asked of it.
    case wrongTask(String)
    /// The tokenizer has a part that this package does not know.
    case unsupported(String)
    /// What was given does not fit the model.
    case badInput(String)
    /// ONNX Runtime failed.
    case runtime(String)
    /// A golden case of the self-test came out differently on this device.
    case selfTest(String)
}

extension ModelError: LocalizedError {
    /// The sentence alone.
    public var errorDescription: String? {
        switch self {
        case .damaged(let text), .wrongTask(let text), .unsupported(let text), .badInput(let text),
            .runtime(let text), .selfTest(let text):
            return text
        }
    }
}
