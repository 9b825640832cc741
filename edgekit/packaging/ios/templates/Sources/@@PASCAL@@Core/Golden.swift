// The golden cases of the model: texts with the ids, logits and answers that any device must give.

import Foundation

/// A text with what a classifier must make of it.
package struct GoldenCase: Sendable {
    package let text: String
    package let pair: String?
    package let ids: [Int]
    package let logits: [Float]
    package let answer: GoldenAnswer
}

/// Where a golden case of a classifier ends: at its label, at the labels that hold, or at a number.
package enum GoldenAnswer: Sendable {
    case label(String)
    case labels([String])
    case value(Float)

    init?(_ row: Json) {
        if let labels = row["labels"]?.array {
            let texts = labels.compactMap(\.string)
            guard texts.count == labels.count else { return nil }
            self = .labels(texts)
        } else if let value = row["value"]?.number {
            self = .value(Float(value))
        } else if let label = row["label"]?.string {
            self = .label(label)
        } else {
            return nil
        }
    }
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
                let answer = GoldenAnswer(row)
            else { return nil }
            return GoldenCase(text: text, pair: row["text_pair"]?.string, ids: ids, logits: logits, answer: answer)
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
        guard let goldenLines else {
            throw ModelError.damaged("the model has no golden cases: its manifest lists no golden.jsonl")
        }
        let lines = goldenLines.split(separator: UInt8(ascii: "\n"))
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

extension Tolerance {
    /// Refuse one that is more than all logits of the golden cases differ by, and more than rounding does to any
    /// model: whatever a file answers could be within it.
    package func check(_ logits: [Float]) throws {
        // models that have hardly learned differ by less between texts, and are rounded as others are
        let rounding = 1.0
        let least = Double(logits.min() ?? 0)
        let most = Double(logits.max() ?? 0)
        let widest = absolute + relative * max(abs(least), abs(most))
        // written so that what is no number counts as too wide
        if !(widest < max(most - least, rounding)) {
            throw ModelError.damaged(
                "manifest.json: parity allows a logit to be \(widest) off, and those of all golden cases lie within "
                    + "\(most - least): wrong answers would pass; export the bundle again")
        }
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

    /// Not all logits may be the same where those expected differ, as of a runtime that does not know an operator:
    /// those of a model that has hardly learned lie so close together that their tolerance does not tell.
    package static func vary(_ found: [[Float]], _ expected: [[Float]]) throws {
        if Set(expected).count > 1, Set(found).count == 1 {
            throw ModelError.selfTest(
                "the logits of all \(found.count) golden cases are the same, and should differ; "
                    + "this runtime or processor does not execute the file as the one that exported it")
        }
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

    package func same(label found: String, _ expected: GoldenAnswer) throws {
        guard case .label(let label) = expected else { throw failed("the label is \(found), expected none") }
        if !Self.identical([found], [label]) { throw failed("the label is \(found), expected \(label)") }
    }

    /// The labels that hold, in the model's order.
    package func same(labels found: [String], _ expected: GoldenAnswer) throws {
        guard case .labels(let labels) = expected else { throw failed("the labels are \(found), expected none") }
        if !Self.identical(found, labels) { throw failed("the labels are \(found), expected \(labels)") }
    }

    /// By their bytes: Swift takes two strings for one where they differ in Unicode's normal form alone.
    private static func identical(_ found: [String], _ expected: [String]) -> Bool {
        found.map { Array($0.utf8) } == expected.map { Array($0.utf8) }
    }

    /// A number within the tolerance of logits.
    package func close(value found: Float, _ expected: GoldenAnswer) throws {
        guard case .value(let value) = expected else { throw failed("the value is \(found), expected none") }
        let allowed = tolerance.absolute + tolerance.relative * Double(abs(value))
        // written so that what is no number counts as off
        if !(Double(abs(found - value)) <= allowed) {
            throw failed("the value is \(found), expected \(value) within \(allowed)")
        }
    }

    package func failed(_ what: String) -> ModelError { .selfTest("\(place): \(what)") }
}
