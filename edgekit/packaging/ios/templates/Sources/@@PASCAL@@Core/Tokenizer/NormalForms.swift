// NFC, NFD, NFKC and NFKD (Unicode Standard Annex 15), from tables of the version that Hugging Face tokenizers has.

/// Unicode's four normal forms.
enum NormalForm: String {
    case nfc = "NFC"
    case nfd = "NFD"
    case nfkc = "NFKC"
    case nfkd = "NFKD"

    /// The text in this form, and of which character of the text each of its characters comes.
    func apply(_ text: [Unicode.Scalar]) -> (scalars: [Unicode.Scalar], sources: [Int]) {
        let compatible = self == .nfkc || self == .nfkd
        var parts = Self.decomposed(text, compatible)
        Self.order(&parts)
        if self == .nfc || self == .nfkc { parts = Self.composed(parts) }
        return (parts.map(\.scalar), parts.map(\.source))
    }

    private struct Part {
        var scalar: Unicode.Scalar
        let source: Int
        let kind: UInt32
    }

    private static let canonical = CharacterMapping(UnicodeMappings.canonical)
    private static let compatible = CharacterMapping(UnicodeMappings.compatible)
    private static let combining = CharacterMapping(UnicodeMappings.combining)
    private static let pairs: [UInt64: Unicode.Scalar] = {
        let composed = CharacterMapping(UnicodeMappings.composed).single
        return Dictionary(composed.map { (pair($0.1[0], $0.1[1]), $0.0) }, uniquingKeysWith: { first, _ in first })
    }()

    private static func pair(_ first: Unicode.Scalar, _ second: Unicode.Scalar) -> UInt64 {
        UInt64(first.value) << 32 | UInt64(second.value)
    }

    private static func decomposed(_ text: [Unicode.Scalar], _ compatibly: Bool) -> [Part] {
        var parts: [Part] = []
        parts.reserveCapacity(text.count)
        for (source, character) in text.enumerated() {
            // the tables hold whole decompositions: none has to be taken apart again
            let found =
                character.value < 0xA0
                ? nil
                : hangulParts(character) ?? (compatibly ? compatible.target(of: character) : nil)
                    ?? canonical.target(of: character)
            for scalar in found ?? [character] {
                let kind = scalar.value < 0x300 ? 0 : combining.number(of: scalar) ?? 0
                parts.append(Part(scalar: scalar, source: source, kind: kind))
            }
        }
        return parts
    }

    /// Put marks in a row into the order of their classes; those of one class stay as they are.
    private static func order(_ parts: inout [Part]) {
        var start = 0
        while start < parts.count {
            guard parts[start].kind != 0 else { start += 1; continue }
            var end = start
            while end < parts.count, parts[end].kind != 0 { end += 1 }
            if end - start > 1 {
                let ordered = parts[start..<end].enumerated().sorted {
                    ($0.element.kind, $0.offset) < ($1.element.kind, $1.offset)
                }
                parts.replaceSubrange(start..<end, with: ordered.map(\.element))
            }
            start = end
        }
    }

    private static func composed(_ parts: [Part]) -> [Part] {
        var made: [Part] = []
        var starter: Int?
        for part in parts {
            // nothing between a starter and what joins it may have the same class, or be a starter
            let between = made.last.map { made.count - 1 == starter ? 0 : $0.kind } ?? 0
            let adjacent = made.count - 1 == starter
            if let place = starter, adjacent || between < part.kind,
                let joined = joined(made[place].scalar, part.scalar)
            {
                made[place].scalar = joined
                continue
            }
            if part.kind == 0 { starter = made.count }
            made.append(part)
        }
        return made
    }

    private static func joined(_ first: Unicode.Scalar, _ second: Unicode.Scalar) -> Unicode.Scalar? {
        hangul(first, second) ?? pairs[pair(first, second)]
    }

    // Hangul syllables are computed: 19 leading consonants, 21 vowels, 27 trailing consonants or none
    private static func hangulParts(_ character: Unicode.Scalar) -> [Unicode.Scalar]? {
        guard (0xAC00...0xD7A3).contains(character.value) else { return nil }
        let index = character.value - 0xAC00
        let values = [0x1100 + index / 588, 0x1161 + index % 588 / 28, 0x11A7 + index % 28]
        return (index % 28 == 0 ? values.dropLast() : values[...]).map { Unicode.Scalar($0)! }
    }

    private static func hangul(_ first: Unicode.Scalar, _ second: Unicode.Scalar) -> Unicode.Scalar? {
        let (one, two) = (first.value, second.value)
        if (0x1100..<0x1113).contains(one), (0x1161..<0x1176).contains(two) {
            return Unicode.Scalar(0xAC00 + ((one - 0x1100) * 21 + two - 0x1161) * 28)
        }
        if (0xAC00...0xD7A3).contains(one), (one - 0xAC00) % 28 == 0, (0x11A8..<0x11C3).contains(two) {
            return Unicode.Scalar(one + two - 0x11A7)
        }
        return nil
    }
}
