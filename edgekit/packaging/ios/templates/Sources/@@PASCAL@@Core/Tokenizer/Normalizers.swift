// The normalizers of `tokenizer.json`: what happens to a text before it is split.

/// One of the normalizers, or several in a row.
indirect enum Normalizer {
    case bert(clean: Bool, chinese: Bool, strip: Bool, lower: Bool)
    case form(NormalForm)
    case lowercase
    case stripAccents
    case replace(Pattern, [Unicode.Scalar])
    case prepend([Unicode.Scalar])
    case strip(left: Bool, right: Bool)
    case precompiled(PrecompiledCharacters)
    case sequence([Normalizer])

    init(_ json: Json) throws {
        let type = json["type"]?.string ?? ""
        switch type {
        case "BertNormalizer":
            let lower = json["lowercase"]?.bool ?? true
            self = .bert(
                clean: json["clean_text"]?.bool ?? true, chinese: json["handle_chinese_chars"]?.bool ?? true,
                strip: json["strip_accents"]?.bool ?? lower, lower: lower)
        case "NFC", "NFD", "NFKC", "NFKD": self = .form(NormalForm(rawValue: type)!)
        case "Lowercase": self = .lowercase
        case "StripAccents": self = .stripAccents
        case "Replace":
            self = .replace(try Pattern(json["pattern"], in: type), try json.needed("content", of: type).scalars ?? [])
        case "Prepend": self = .prepend(try json.needed("prepend", of: type).scalars ?? [])
        case "Strip":
            self = .strip(left: json["strip_left"]?.bool ?? true, right: json["strip_right"]?.bool ?? true)
        case "Precompiled":
            let map = try json.needed("precompiled_charsmap", of: type).string ?? ""
            self = .precompiled(try PrecompiledCharacters(map))
        case "Sequence":
            self = .sequence(try json.needed("normalizers", of: type).array?.map(Normalizer.init) ?? [])
        default: throw ModelError.unknownPart("normalizer", type)
        }
    }

    /// Normalize a piece in place.
    func apply(to piece: inout Piece) {
        switch self {
        case .bert(let clean, let chinese, let strip, let lower):
            if clean { Self.clean(&piece) }
            if chinese { piece.replaceEach { Characters.isChinese($0) ? [" ", $0, " "] : nil } }
            if strip {
                Self.form(.nfd, &piece)
                piece.keep { !Characters.nonspacing.contains($0) }
            }
            if lower { piece.replaceEach(Self.lowered) }
        case .form(let form): Self.form(form, &piece)
        case .lowercase: piece.replaceEach(Self.lowered)
        case .stripAccents: piece.keep { !Characters.mark.contains($0) }
        case .replace(let pattern, let content): piece.replace(pattern.matches(in: piece.scalars), with: content)
        case .prepend(let text): piece.prepend(text)
        case .strip(let left, let right): Self.strip(&piece, left, right)
        case .precompiled(let characters): characters.apply(to: &piece)
        case .sequence(let parts): parts.forEach { $0.apply(to: &piece) }
        }
    }

    private static let lowerCases = CharacterMapping(UnicodeMappings.lowercase)

    private static func lowered(_ character: Unicode.Scalar) -> [Unicode.Scalar]? {
        lowerCases.target(of: character)
    }

    private static func clean(_ piece: inout Piece) {
        piece.keep { $0.value != 0 && $0.value != 0xFFFD && !Characters.control.contains($0) }
        piece.replaceEach { $0 != " " && Characters.isSpace($0) ? [" "] : nil }
    }

    private static func form(_ form: NormalForm, _ piece: inout Piece) {
        let (scalars, sources) = form.apply(piece.scalars)
        piece = Piece(scalars, sources.map { piece.origins[$0] })
    }

    private static func strip(_ piece: inout Piece, _ left: Bool, _ right: Bool) {
        var range = piece.scalars[...]
        if left { range = range.drop(while: Characters.isSpace) }
        while right, let last = range.last, Characters.isSpace(last) { range = range.dropLast() }
        piece = piece.part(range.startIndex..<range.endIndex)
    }
}

extension Json {
    /// The member of a part of the tokenizer; an error that names both where it is missing.
    func needed(_ key: String, of part: String) throws -> Json {
        guard let found = self[key] else { throw ModelError.damaged("tokenizer.json: \(part) has no \(key)") }
        return found
    }
}

extension ModelError {
    /// A part of the tokenizer that this package would have to skip.
    static func unknownPart(_ kind: String, _ type: String) -> ModelError {
        .unsupported("tokenizer.json has the \(kind) \(type.isEmpty ? "without a type" : type), not known here")
    }
}
