// The golden cases of the model: texts with the ids, logits and labels that any device must give.

import Foundation

/// A text with what a classifier must make of it.
package struct GoldenCase: Sendable {
    package let text: String
    package let pair: String?
    package let ids: [Int]
    package let logits: [Float]
    package let label: String
}

/// A prompt with what a decoder must make of it: its ids, the tokens that follow greedily, and the best ids after it
/// with their logits, less the mean of all logits.
package struct DecoderCase: Sendable {
    package let text: String
    package let ids: [Int]
    package let tokens: [Int]
    package let best: [Int]
    package let logits: [Float]
}

extension ModelFiles {
    /// The golden cases of a classifier.
    package func goldenCases() throws -> [GoldenCase] {
        try golden { row in
            guard let text = row["text"]?.string, let ids = row.ints("ids"), let logits = row.floats("logits"),
                let label = row["label"]?.string
            else { return nil }
            return GoldenCase(text: text, pair: row["text_pair"]?.string, ids: ids, logits: logits, label: label)
        }
    }

    /// The golden cases of a decoder.
    package func decoderCases() throws -> [DecoderCase] {
        try golden { row in
            guard let text = row["text"]?.string, let ids = row.ints("ids"), let tokens = row.ints("tokens"),
                let best = row.ints("best"), let logits = row.floats("logits"), best.count == logits.count,
                !ids.isEmpty, !best.isEmpty
            else { return nil }
            return DecoderCase(text: text, ids: ids, tokens: tokens, best: best, logits: logits)
        }
    }

    private func golden<Case>(_ made: (Json) -> Case?) throws -> [Case] {
        let lines = try data("golden.jsonl").split(separator: UInt8(ascii: "\n"))
        let cases = try lines.enumerated().map { index, line -> Case in
            guard let row = Json([UInt8](line)), let found = made(row) else {
                throw ModelError.damaged("golden.jsonl:\(index + 1) is no golden case")
            }
            return found
        }
        guard !cases.isEmpty else { throw ModelError.damaged("golden.jsonl holds no case") }
        return cases
    }
}

extension Json {
    fileprivate func ints(_ key: String) -> [Int]? { self[key]?.array?.compactMap(\.int) }

    fileprivate func floats(_ key: String) -> [Float]? { self[key]?.array?.compactMap { $0.number.map { Float($0) } } }
}

/// How closely the golden cases were reproduced.
public struct SelfTestResult: Equatable, Sendable {
    public let cases: Int
    /// The largest difference of a logit over all cases.
    public let maxDifference: Float

    package init(cases: Int, maxDifference: Float) {
        (self.cases, self.maxDifference) = (cases, maxDifference)
    }
}

/// What the self-test compares, each with an error that names the first difference.
package struct Comparison {
    package let place: String
    package let tolerance: Tolerance

    package init(number: Int, text: String, tolerance: Tolerance) {
        place = "golden case \(number) (\"\(text.prefix(40))\")"
        self.tolerance = tolerance
    }

    /// The ids must be equal.
    package func same(_ found: [Int], _ expected: [Int]) throws {
        if let index = zip(found, expected).enumerated().first(where: { $0.element.0 != $0.element.1 })?.offset {
            throw failed("token \(index) is \(found[index]), expected \(expected[index])")
        }
        if found.count != expected.count { throw failed("\(found.count) tokens, expected \(expected.count)") }
    }

    /// The logits must be within the tolerance; gives the largest difference.
    /// - Parameter scale: what the relative tolerance is of; nil: of each expected logit
    package func close(_ found: [Float], _ expected: [Float], scale: Float? = nil, names: [Int]? = nil) throws
        -> Float
    {
        guard found.count == expected.count else {
            throw failed("\(found.count) logits, expected \(expected.count)")
        }
        for (index, (one, other)) in zip(found, expected).enumerated() {
            let allowed = tolerance.absolute + tolerance.relative * Double(scale ?? abs(other))
            // written so that what is no number counts as off
            if !(Double(abs(one - other)) <= allowed) {
                throw failed("logit \(names?[index] ?? index) is \(one), expected \(other) within \(allowed)")
            }
        }
        return zip(found, expected).map { abs($0 - $1) }.max() ?? 0
    }

    package func same(label found: String, _ expected: String) throws {
        if found != expected { throw failed("the label is \(found), expected \(expected)") }
    }

    package func failed(_ what: String) -> ModelError { .selfTest("\(place): \(what)") }
}
