// A string or a regular expression of `tokenizer.json`, and where it is found in a text.

import Foundation

/// What `Replace` and `Split` look for.
enum Pattern {
    case string([Unicode.Scalar])
    case expression(NSRegularExpression)

    /// Read `{"String": "x"}` or `{"Regex": "x+"}`.
    init(_ json: Json?, in part: String) throws {
        if let string = json?["String"]?.scalars {
            self = .string(string)
        } else if let text = json?["Regex"]?.string {
            do {
                // as Oniguruma has it: a dot is anything but an end of line, and lines have a beginning and an end
                let options: NSRegularExpression.Options = [.anchorsMatchLines, .useUnixLineSeparators]
                self = .expression(try NSRegularExpression(pattern: Self.exact(text), options: options))
            } catch let error as ModelError {
                throw error
            } catch {
                throw ModelError.unsupported("tokenizer.json: \(part): \(text) is no expression that is known here")
            }
        } else {
            throw ModelError.unsupported("tokenizer.json: \(part) has a pattern that is neither String nor Regex")
        }
    }

    /// Where it is found, from left to right, without overlaps.
    func matches(in text: [Unicode.Scalar]) -> [Range<Int>] {
        switch self {
        case .string(let wanted): return Self.occurrences(of: wanted, in: text)
        case .expression(let expression): return Self.found(expression, text)
        }
    }

    /// The expression with sets of characters spelled out: a phone's own change with its system's version.
    private static func exact(_ text: String) throws -> String {
        if let found = text.range(of: fragments, options: .regularExpression) { throw unlike(text[found], text) }
        var (made, rest, depth) = ("", text[...], 0)
        while let character = rest.first {
            rest = rest.dropFirst()
            guard character == "\\", let next = rest.first else {
                depth += character == "[" ? 1 : character == "]" ? -1 : 0
                made.append(character)
                continue
            }
            if others.contains(next) { throw unlike("\\\(next)", text) }
            let (set, length) = set(rest, inSet: depth > 0) ?? ("\\\(next)", 1)
            made += set
            rest = rest.dropFirst(length)
        }
        return made
    }

    // what means one thing to Oniguruma, by which vocabularies are made, and another or nothing to Foundation
    private static let others = "hHRXKGyYkgbB"
    // sets by name, `{2,3}+`, `{,3}`, and options of the whole
    private static let fragments = #"\[:\^?[a-z]+:\]|\{[0-9,]+\}\+|\{,[0-9]|\(\?[imsx-]*[msx]"#

    private static func unlike<Part: StringProtocol>(_ part: Part, _ text: String) -> ModelError {
        .unsupported("tokenizer.json: \(part) of the expression \(text) is not known here")
    }

    private static func set(_ text: Substring, inSet: Bool) -> (set: String, length: Int)? {
        for (name, ranges) in sets {
            let opposite = name.prefix(1).uppercased() + name.dropFirst()
            guard text.hasPrefix(name) || text.hasPrefix(opposite) else { continue }
            let spelled = ranges.split(separator: " ").map { range in
                range.split(separator: "-").map { "\\x{\($0)}" }.joined(separator: "-")
            }
            // Oniguruma takes these numbers for parts of words, but neither in a set nor in what is no word
            let more = text.hasPrefix("w") && !inSet ? "\u{B2}\u{B3}\u{B9}\u{BC}-\u{BE}" : ""
            return ("[\(text.hasPrefix(name) ? "" : "^")\(spelled.joined())\(more)]", name.count)
        }
        return nil
    }

    private static let sets: [(name: String, ranges: String)] = [
        ("s", spaces), ("w", UnicodeRanges.expressionWord), ("d", UnicodeRanges.expressionNd),
        ("p{L}", UnicodeRanges.letter), ("p{N}", UnicodeRanges.number), ("p{Lu}", UnicodeRanges.expressionLu),
        ("p{Ll}", UnicodeRanges.expressionLl), ("p{Lt}", UnicodeRanges.expressionLt),
        ("p{Lm}", UnicodeRanges.expressionLm), ("p{Lo}", UnicodeRanges.expressionLo),
        ("p{M}", UnicodeRanges.expressionM), ("p{P}", UnicodeRanges.expressionP),
        ("p{S}", UnicodeRanges.expressionS), ("p{Nd}", UnicodeRanges.expressionNd),
    ]

    private static let spaces = "9-d 20 85 a0 1680 2000-200a 2028 2029 202f 205f 3000"

    private static func occurrences(of wanted: [Unicode.Scalar], in text: [Unicode.Scalar]) -> [Range<Int>] {
        guard let first = wanted.first else { return [] }
        var (found, place): ([Range<Int>], Int) = ([], 0)
        while place + wanted.count <= text.count {
            if text[place] == first, text[place..<place + wanted.count].elementsEqual(wanted) {
                found.append(place..<place + wanted.count)
                place += wanted.count
            } else {
                place += 1
            }
        }
        return found
    }

    private static func found(_ expression: NSRegularExpression, _ text: [Unicode.Scalar]) -> [Range<Int>] {
        var string = String.UnicodeScalarView()
        string.append(contentsOf: text)
        // from places in UTF-16 to places in characters
        var places = [Int](repeating: text.count, count: text.reduce(1) { $0 + UTF16.width($1) })
        var offset = 0
        for (place, scalar) in text.enumerated() {
            places[offset] = place
            offset += UTF16.width(scalar)
        }
        let all = NSRange(location: 0, length: offset)
        return expression.matches(in: String(string), range: all).map {
            places[$0.range.location]..<places[$0.range.location + $0.range.length]
        }
    }
}
