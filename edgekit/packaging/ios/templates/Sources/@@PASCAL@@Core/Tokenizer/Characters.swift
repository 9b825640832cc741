// What kind of character a character is, and what it becomes, from the tables.

/// Sets of characters, each as Hugging Face tokenizers sees it: its parts do not agree on Unicode's version.
enum Characters {
    /// What BERT's normalizer drops: control, format, private and unassigned characters. Tabs and ends of lines stay.
    static let control = CharacterRanges(UnicodeRanges.control)
    /// Accents, as BERT's normalizer strips them.
    static let nonspacing = CharacterRanges(UnicodeRanges.nonspacing)
    /// All marks, as `StripAccents` strips them.
    static let mark = CharacterRanges(UnicodeRanges.mark)
    static let punctuation = CharacterRanges(UnicodeRanges.punctuation)
    static let numeric = CharacterRanges(UnicodeRanges.numeric)
    /// `\w`
    static let word = CharacterRanges(UnicodeRanges.word)
    /// `\p{L}`
    static let letter = CharacterRanges(UnicodeRanges.letter)
    /// `\p{N}`
    static let number = CharacterRanges(UnicodeRanges.number)

    /// Unicode's White_Space, which no version changes any more.
    static func isSpace(_ character: Unicode.Scalar) -> Bool {
        switch character.value {
        case 0x09...0x0D, 0x20, 0x85, 0xA0, 0x1680, 0x2000...0x200A, 0x2028, 0x2029, 0x202F, 0x205F, 0x3000:
            return true
        default: return false
        }
    }

    /// Between which BERT puts spaces: the Han characters of these blocks, as the original has them.
    static func isChinese(_ character: Unicode.Scalar) -> Bool {
        switch character.value {
        case 0x4E00...0x9FFF, 0x3400...0x4DBF, 0x20000...0x2A6DF, 0x2A700...0x2B73F, 0x2B740...0x2B81F,
            0x2B920...0x2CEAF, 0xF900...0xFAFF, 0x2F800...0x2FA1F:
            return true
        default: return false
        }
    }
}

/// A set of characters as ranges in order; written as `30-39 5f`.
struct CharacterRanges: Sendable {
    private let firsts: [UInt32]
    private let lasts: [UInt32]
    // most texts are mostly ASCII
    private let ascii: [Bool]

    init(_ text: String) {
        let ranges = text.split(separator: " ").map { $0.split(separator: "-").map { UInt32($0, radix: 16)! } }
        firsts = ranges.map { $0[0] }
        lasts = ranges.map { $0[$0.count - 1] }
        var ascii = [Bool](repeating: false, count: 128)
        for range in ranges where range[0] < 128 {
            for value in range[0]...min(127, range[range.count - 1]) { ascii[Int(value)] = true }
        }
        self.ascii = ascii
    }

    func contains(_ character: Unicode.Scalar) -> Bool {
        let value = character.value
        if value < 128 { return ascii[Int(value)] }
        var (low, high) = (0, firsts.count)
        while low < high {
            let middle = (low + high) / 2
            if lasts[middle] < value { low = middle + 1 } else { high = middle }
        }
        return low < firsts.count && firsts[low] <= value
    }
}

/// What characters become; written as `41-5a=61 c0=41.300`.
struct CharacterMapping: Sendable {
    private let firsts: [UInt32]
    private let lasts: [UInt32]
    private let targets: [[UInt32]]

    init(_ text: String) {
        let runs = text.split(separator: " ").map { $0.split(separator: "=") }
        let ranges = runs.map { $0[0].split(separator: "-").map { UInt32($0, radix: 16)! } }
        firsts = ranges.map { $0[0] }
        lasts = ranges.map { $0[$0.count - 1] }
        targets = runs.map { $0[1].split(separator: ".").map { UInt32($0, radix: 16)! } }
    }

    /// What a character becomes, nil where it stays.
    func target(of character: Unicode.Scalar) -> [Unicode.Scalar]? {
        guard let (run, offset) = run(of: character.value) else { return nil }
        let found = targets[run]
        // a run of several characters maps one to one
        return found.count == 1 ? [Unicode.Scalar(found[0] + offset)!] : found.map { Unicode.Scalar($0)! }
    }

    /// The number that all characters of a run share.
    func number(of character: Unicode.Scalar) -> UInt32? {
        run(of: character.value).map { targets[$0.run][0] }
    }

    /// All characters of runs of one, with what they become.
    var single: [(Unicode.Scalar, [Unicode.Scalar])] {
        firsts.indices.map { (Unicode.Scalar(firsts[$0])!, targets[$0].map { Unicode.Scalar($0)! }) }
    }

    private func run(of value: UInt32) -> (run: Int, offset: UInt32)? {
        var (low, high) = (0, firsts.count)
        while low < high {
            let middle = (low + high) / 2
            if lasts[middle] < value { low = middle + 1 } else { high = middle }
        }
        guard low < firsts.count, firsts[low] <= value else { return nil }
        return (low, value - firsts[low])
    }
}
