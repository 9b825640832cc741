// Tokens that were added to the vocabulary: they are cut out of a text before anything else is done to it.

/// The `added_tokens` of `tokenizer.json`.
struct AddedTokens {
    private struct Token {
        let content: [Unicode.Scalar]
        let id: Int
        let singleWord: Bool
        let left: Bool
        let right: Bool
        let normalized: Bool
        let special: Bool
    }

    // the texts looked for, by their first character
    private typealias Wanted = [Unicode.Scalar: [(text: [Unicode.Scalar], token: Token)]]

    private let plain: Wanted
    private let normalized: Wanted
    private let normalizer: Normalizer?
    /// Their texts by their ids, for decoding.
    let contents: [Int: [Unicode.Scalar]]
    /// The ids that are left out of decoded text.
    let special: Set<Int>

    /// Read them in order. A token that the model knows has the model's id, the others follow behind its vocabulary.
    init(_ json: Json?, _ model: Model, _ normalizer: Normalizer?) throws {
        var tokens: [Token] = []
        var ids: [[Unicode.Scalar]: Int] = [:]
        var next = model.vocabulary.count
        for entry in json?.array ?? [] {
            guard let content = entry["content"]?.scalars else {
                throw ModelError.damaged("tokenizer.json: an added token has no content")
            }
            guard !content.isEmpty else { continue }
            let known = ids[content] ?? model.vocabulary.id(of: content.flatMap { Array(UTF8.encode($0)!) })
            let id = known ?? next
            next += known == nil ? 1 : 0
            ids[content] = id
            tokens.append(Self.token(entry, content, id))
        }
        self.normalizer = normalizer
        contents = Dictionary(tokens.map { ($0.id, $0.content) }, uniquingKeysWith: { $1 })
        let marked = Set(tokens.filter(\.special).map(\.content))
        special = Set(tokens.filter { marked.contains($0.content) }.map(\.id))
        // of two tokens with one text the special one is looked for
        let order = tokens.filter(\.special) + tokens.filter { !marked.contains($0.content) }
        plain = Self.wanted(order.filter { !$0.normalized }) { $0 }
        normalized = Self.wanted(order.filter(\.normalized)) { content in
            var piece = Piece(content)
            normalizer?.apply(to: &piece)
            return piece.scalars
        }
    }

    /// The text without its added tokens, normalized, and the added tokens between.
    func extract(from text: [Unicode.Scalar]) -> [Piece] {
        guard !text.isEmpty else { return [] }
        return split(Piece(text), plain).flatMap { piece -> [Piece] in
            guard piece.id == nil else { return [piece] }
            var piece = piece
            normalizer?.apply(to: &piece)
            return piece.scalars.isEmpty ? [] : split(piece, normalized)
        }
    }

    private static func token(_ entry: Json, _ content: [Unicode.Scalar], _ id: Int) -> Token {
        Token(
            content: content, id: id, singleWord: entry["single_word"]?.bool ?? false,
            left: entry["lstrip"]?.bool ?? false, right: entry["rstrip"]?.bool ?? false,
            normalized: entry["normalized"]?.bool ?? true, special: entry["special"]?.bool ?? false)
    }

    private static func wanted(_ tokens: [Token], _ made: ([Unicode.Scalar]) -> [Unicode.Scalar]) -> Wanted {
        var found: Wanted = [:]
        for token in tokens {
            let text = made(token.content)
            guard let first = text.first else { continue }
            found[first, default: []].append((text, token))
        }
        // the longest is looked for first; of equal texts the first one counts
        return found.mapValues { candidates in
            candidates.enumerated().sorted {
                ($1.element.text.count, $0.offset) < ($0.element.text.count, $1.offset)
            }.map(\.element)
        }
    }

    private func split(_ piece: Piece, _ wanted: Wanted) -> [Piece] {
        guard !wanted.isEmpty else { return [piece] }
        let text = piece.scalars
        var parts: [Piece] = []
        var (place, last) = (0, 0)
        while place < text.count {
            guard let (found, token) = wanted[text[place]]?.first(where: { text[place...].starts(with: $0.text) })
            else { place += 1; continue }
            var (start, end) = (place, place + found.count)
            place = end
            if token.singleWord, !Self.standsAlone(text, start, end) { continue }
            if token.left { while start > last, Characters.isSpace(text[start - 1]) { start -= 1 } }
            if token.right { while end < text.count, Characters.isSpace(text[end]) { end += 1 } }
            if last < start { parts.append(piece.part(last..<start)) }
            parts.append(piece.part(start..<end, id: token.id))
            last = end
        }
        if last < text.count { parts.append(piece.part(last..<text.count)) }
        return parts
    }

    private static func standsAlone(_ text: [Unicode.Scalar], _ start: Int, _ end: Int) -> Bool {
        let before = start > 0 && Characters.word.contains(text[start - 1])
        let after = end < text.count && Characters.word.contains(text[end])
        return !before && !after
    }
}
