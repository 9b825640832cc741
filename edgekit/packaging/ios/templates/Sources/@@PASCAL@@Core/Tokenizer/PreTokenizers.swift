// The pre-tokenizers of `tokenizer.json`: where a text is split before the model sees it.

/// One of the pre-tokenizers, or several in a row.
indirect enum PreTokenizer {
    case bert
    case byteLevel(prefixSpace: Bool, split: Bool)
    case metaspace(replacement: Unicode.Scalar, prepend: Prepend, split: Bool)
    case whitespace
    case whitespaceSplit
    case split(Pattern, SplitBehavior, inverted: Bool)
    case digits(single: Bool)
    case punctuation(SplitBehavior)
    case sequence([PreTokenizer])

    /// Where `Metaspace` puts a character that stands for a space.
    enum Prepend: String {
        case always
        case first
        case never
    }

    init(_ json: Json) throws {
        let type = json["type"]?.string ?? ""
        switch type {
        case "BertPreTokenizer": self = .bert
        case "ByteLevel":
            self = .byteLevel(
                prefixSpace: json["add_prefix_space"]?.bool ?? true, split: json["use_regex"]?.bool ?? true)
        case "Metaspace":
            self = .metaspace(
                replacement: json["replacement"]?.scalars?.first ?? "▁", prepend: try Self.prepend(json),
                split: json["split"]?.bool ?? true)
        case "Whitespace": self = .whitespace
        case "WhitespaceSplit": self = .whitespaceSplit
        case "Split":
            self = .split(
                try Pattern(json["pattern"], in: type), try Self.behavior(json),
                inverted: json["invert"]?.bool ?? false)
        case "Digits": self = .digits(single: json["individual_digits"]?.bool ?? false)
        case "Punctuation": self = .punctuation(try Self.behavior(json))
        case "Sequence":
            self = .sequence(try json.needed("pretokenizers", of: type).array?.map(PreTokenizer.init) ?? [])
        default: throw ModelError.unknownPart("pre-tokenizer", type)
        }
    }

    /// Split the pieces that are no added tokens.
    func apply(to pieces: [Piece]) -> [Piece] {
        if case .sequence(let parts) = self { return parts.reduce(pieces) { $1.apply(to: $0) } }
        return pieces.flatMap { $0.id == nil ? split($0) : [$0] }
    }

    private func split(_ piece: Piece) -> [Piece] {
        switch self {
        case .bert:
            return piece.split(.removed, where: Characters.isSpace)
                .flatMap { $0.split(.isolated, where: Characters.punctuation.contains) }
        case .byteLevel(let prefixSpace, let split): return Self.byteLevel(piece, prefixSpace, split)
        case .metaspace(let replacement, let prepend, let split):
            return Self.metaspace(piece, replacement, prepend, split)
        case .whitespace: return piece.split(at: Self.words(piece.scalars), .removed, inverted: true)
        case .whitespaceSplit: return piece.split(.removed, where: Characters.isSpace)
        case .split(let pattern, let behavior, let inverted):
            return piece.split(at: pattern.matches(in: piece.scalars), behavior, inverted: inverted)
        case .digits(let single):
            return piece.split(single ? .isolated : .contiguous, where: Characters.numeric.contains)
        case .punctuation(let behavior): return piece.split(behavior, where: Characters.punctuation.contains)
        case .sequence(let parts): return parts.reduce([piece]) { $1.apply(to: $0) }
        }
    }

    private static func prepend(_ json: Json) throws -> Prepend {
        if json["add_prefix_space"]?.bool == false { return .never }
        let name = json["prepend_scheme"]?.string ?? "always"
        guard let found = Prepend(rawValue: name) else { throw ModelError.unknownPart("prepend_scheme", name) }
        return found
    }

    private static func behavior(_ json: Json) throws -> SplitBehavior {
        let name = json["behavior"]?.string ?? "Isolated"
        guard let found = SplitBehavior(rawValue: name) else { throw ModelError.unknownPart("split behavior", name) }
        return found
    }

    private static func byteLevel(_ piece: Piece, _ prefixSpace: Bool, _ split: Bool) -> [Piece] {
        var piece = piece
        if prefixSpace, piece.scalars.first != " " { piece.prepend([" "]) }
        let parts = split ? piece.split(at: Gpt2Words.ranges(in: piece.scalars), .isolated) : [piece]
        return parts.map { part in
            var part = part
            part.replaceEach { scalar in UTF8.encode(scalar)!.map { ByteAlphabet.characters[Int($0)] } }
            return part
        }
    }

    private static func metaspace(
        _ piece: Piece, _ replacement: Unicode.Scalar, _ prepend: Prepend, _ split: Bool
    ) -> [Piece] {
        var piece = piece
        piece.replaceEach { $0 == " " ? [replacement] : nil }
        let wanted = prepend == .always || prepend == .first && piece.isFirst
        if wanted, piece.scalars.first != replacement { piece.prepend([replacement]) }
        return split ? piece.split(.mergedWithNext) { $0 == replacement } : [piece]
    }

    /// `\w+|[^\w\s]+`
    private static func words(_ text: [Unicode.Scalar]) -> [Range<Int>] {
        var (found, start): ([Range<Int>], Int) = ([], 0)
        while start < text.count {
            guard !Characters.isSpace(text[start]) else { start += 1; continue }
            let word = Characters.word.contains(text[start])
            var end = start + 1
            while end < text.count, !Characters.isSpace(text[end]), Characters.word.contains(text[end]) == word {
                end += 1
            }
            found.append(start..<end)
            start = end
        }
        return found
    }
}
