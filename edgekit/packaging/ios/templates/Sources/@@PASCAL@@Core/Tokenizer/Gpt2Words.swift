// GPT-2's splitting of a text into words, by hand: a phone's own expressions know other letters than the vocabulary.

/// `'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+`
enum Gpt2Words {
    /// The words in order; together they are the text.
    static func ranges(in text: [Unicode.Scalar]) -> [Range<Int>] {
        let kinds = text.map(kind)
        var (found, start): ([Range<Int>], Int) = ([], 0)
        while start < text.count {
            let end = contraction(text, start) ?? word(text, kinds, start) ?? spaces(kinds, start)
            found.append(start..<end)
            start = end
        }
        return found
    }

    private enum Kind {
        case space
        case letter
        case number
        case other
    }

    private static func kind(_ character: Unicode.Scalar) -> Kind {
        if Characters.isSpace(character) { return .space }
        if Characters.letter.contains(character) { return .letter }
        return Characters.number.contains(character) ? .number : .other
    }

    private static let contractions: [[Unicode.Scalar]] = [
        ["s"], ["t"], ["r", "e"], ["v", "e"], ["m"], ["l", "l"], ["d"],
    ]

    private static func contraction(_ text: [Unicode.Scalar], _ start: Int) -> Int? {
        guard text[start] == "'" else { return nil }
        let found = contractions.first { text[(start + 1)...].starts(with: $0) }
        return found.map { start + 1 + $0.count }
    }

    /// The end of a word that begins here, perhaps with a single space.
    private static func word(_ text: [Unicode.Scalar], _ kinds: [Kind], _ start: Int) -> Int? {
        let first = text[start] == " " ? start + 1 : start
        guard first < kinds.count, kinds[first] != .space else { return nil }
        var end = first
        while end < kinds.count, kinds[end] == kinds[first] { end += 1 }
        return end
    }

    /// The end of spaces: before a word one of them is left for it.
    private static func spaces(_ kinds: [Kind], _ start: Int) -> Int {
        var end = start
        while end < kinds.count, kinds[end] == .space { end += 1 }
        return end < kinds.count && end - start > 1 ? end - 1 : end
    }
}
