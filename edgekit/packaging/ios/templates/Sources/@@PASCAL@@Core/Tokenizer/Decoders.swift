// The decoders of `tokenizer.json`: tokens become text again.

/// One of the decoders, or several in a row.
indirect enum Decoder {
    case wordPiece(prefix: [Unicode.Scalar], cleanup: Bool)
    case byteLevel
    case metaspace(replacement: Unicode.Scalar, prepended: Bool)
    case byteFallback
    case fuse
    case strip(Unicode.Scalar, start: Int, stop: Int)
    case replace(Pattern, [Unicode.Scalar])
    case sequence([Decoder])

    init(_ json: Json) throws {
        let type = json["type"]?.string ?? ""
        switch type {
        case "WordPiece":
            self = .wordPiece(prefix: json["prefix"]?.scalars ?? ["#", "#"], cleanup: json["cleanup"]?.bool ?? true)
        case "ByteLevel": self = .byteLevel
        case "Metaspace":
            let scheme = json["add_prefix_space"]?.bool == false ? "never" : json["prepend_scheme"]?.string
            self = .metaspace(
                replacement: json["replacement"]?.scalars?.first ?? "▁", prepended: scheme != "never")
        case "ByteFallback": self = .byteFallback
        case "Fuse": self = .fuse
        case "Strip":
            self = .strip(
                json["content"]?.scalars?.first ?? " ", start: json["start"]?.int ?? 0, stop: json["stop"]?.int ?? 0)
        case "Replace":
            self = .replace(try Pattern(json["pattern"], in: type), try json.needed("content", of: type).scalars ?? [])
        case "Sequence": self = .sequence(try json.needed("decoders", of: type).array?.map(Decoder.init) ?? [])
        default: throw ModelError.unknownPart("decoder", type)
        }
    }

    /// The tokens as pieces of text; joined they are the text.
    func apply(to tokens: [[Unicode.Scalar]]) -> [[Unicode.Scalar]] {
        switch self {
        case .wordPiece(let prefix, let cleanup): return Self.wordPiece(tokens, prefix, cleanup)
        case .byteLevel: return [Self.text(tokens.flatMap(ByteAlphabet.bytes))]
        case .metaspace(let replacement, let prepended):
            return tokens.enumerated().map { index, token in
                token.compactMap { $0 != replacement ? $0 : index == 0 && prepended ? nil : " " }
            }
        case .byteFallback: return Self.byteFallback(tokens)
        case .fuse: return [Array(tokens.joined())]
        case .strip(let content, let start, let stop): return tokens.map { Self.strip($0, content, start, stop) }
        case .replace(let pattern, let content): return tokens.map { Self.replaced($0, pattern, content) }
        case .sequence(let parts): return parts.reduce(tokens) { $1.apply(to: $0) }
        }
    }

    /// Bytes as text; what is no UTF-8 becomes U+FFFD.
    private static func text(_ bytes: [UInt8]) -> [Unicode.Scalar] {
        Array(String(decoding: bytes, as: UTF8.self).unicodeScalars)
    }

    private static func replaced(_ token: [Unicode.Scalar], _ pattern: Pattern, _ content: [Unicode.Scalar])
        -> [Unicode.Scalar]
    {
        var piece = Piece(token)
        piece.replace(pattern.matches(in: token), with: content)
        return piece.scalars
    }

    // what the decoder of BERT takes out of a text, one after the other
    private static let artifacts: [(String, String)] = [
        (" .", "."), (" ?", "?"), (" !", "!"), (" ,", ","), (" ' ", "'"), (" n't", "n't"), (" 'm", "'m"),
        (" do not", " don't"), (" 's", "'s"), (" 've", "'ve"), (" 're", "'re"),
    ]

    private static func wordPiece(_ tokens: [[Unicode.Scalar]], _ prefix: [Unicode.Scalar], _ cleanup: Bool)
        -> [[Unicode.Scalar]]
    {
        tokens.enumerated().map { index, token in
            var token = token
            if index > 0 { token = token.starts(with: prefix) ? Array(token[prefix.count...]) : [" "] + token }
            guard cleanup else { return token }
            return artifacts.reduce(token) { text, artifact in
                replaced(text, .string(Array(artifact.0.unicodeScalars)), Array(artifact.1.unicodeScalars))
            }
        }
    }

    /// Tokens as `<0x41>` in a row become the text of their bytes, or U+FFFD each where that is none.
    private static func byteFallback(_ tokens: [[Unicode.Scalar]]) -> [[Unicode.Scalar]] {
        var (made, pending): ([[Unicode.Scalar]], [UInt8]) = ([], [])
        func flush() {
            let text = text(pending)
            let whole = text.flatMap { Array(UTF8.encode($0)!) } == pending
            if !pending.isEmpty { made += whole ? [text] : pending.map { _ in ["\u{FFFD}"] } }
            pending = []
        }
        for token in tokens {
            if let byte = byte(token) {
                pending.append(byte)
            } else {
                flush()
                made.append(token)
            }
        }
        flush()
        return made
    }

    private static func byte(_ token: [Unicode.Scalar]) -> UInt8? {
        guard token.count == 6, token.starts(with: ["<", "0", "x"]), token[5] == ">" else { return nil }
        return UInt8(String(String.UnicodeScalarView(token[3..<5])), radix: 16)
    }

    private static func strip(_ token: [Unicode.Scalar], _ content: Unicode.Scalar, _ start: Int, _ stop: Int)
        -> [Unicode.Scalar]
    {
        let first = token.prefix(start).prefix { $0 == content }.count
        let last = token.suffix(stop).reversed().prefix { $0 == content }.count
        return first + last < token.count ? Array(token[first..<token.count - last]) : []
    }
}
