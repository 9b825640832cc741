// The models of `tokenizer.json`: a piece of text becomes ids.

/// A model with its vocabulary.
struct Model: Sendable {
    /// How pieces become ids.
    enum Kind: Sendable {
        case wordLevel(WordLevel)
        case wordPiece(WordPiece)
        case bpe(Bpe)
        case unigram(Unigram)
    }

    let kind: Kind
    let vocabulary: Vocabulary
    /// The tokens by their ids, for decoding.
    let tokens: [Int: [UInt8]]

    init(_ json: Json) throws {
        let type = json["type"]?.string ?? ""
        guard ["WordLevel", "WordPiece", "BPE", "Unigram"].contains(type) else {
            throw ModelError.unknownPart("model", type)
        }
        let pairs = try Self.pairs(json, type)
        let vocabulary = Vocabulary(pairs)
        self.vocabulary = vocabulary
        tokens = Dictionary(pairs.map { ($0.id, $0.token) }, uniquingKeysWith: { $1 })
        switch type {
        case "WordLevel": kind = .wordLevel(try WordLevel(json, vocabulary))
        case "WordPiece": kind = .wordPiece(try WordPiece(json, vocabulary))
        case "BPE": kind = .bpe(try Bpe(json, vocabulary))
        default: kind = .unigram(try Unigram(json, vocabulary))
        }
    }

    /// The ids of a piece that is not empty.
    func ids(of text: [Unicode.Scalar]) throws -> [Int] {
        let bytes = text.flatMap { Array(UTF8.encode($0)!) }
        switch kind {
        case .wordLevel(let model): return try model.ids(of: bytes, vocabulary)
        case .wordPiece(let model): return try model.ids(of: bytes, characters: text.count, vocabulary)
        case .bpe(let model): return try model.ids(of: bytes, vocabulary)
        case .unigram(let model): return try model.ids(of: bytes, vocabulary)
        }
    }

    /// `{"token": id}`, and Unigram's `[["token", score]]`.
    private static func pairs(_ json: Json, _ type: String) throws -> [(token: [UInt8], id: Int)] {
        let vocab = try json.needed("vocab", of: type)
        let found: [(token: [UInt8], id: Int)?]
        if let rows = vocab.array {
            found = rows.enumerated().map { row in row.element.array?.first?.bytes.map { ($0, row.offset) } }
        } else {
            found = (vocab.members ?? []).map { member in member.value.int.map { (member.key, $0) } }
        }
        let pairs = found.compactMap { $0 }
        guard pairs.count == found.count, !pairs.isEmpty, pairs.allSatisfy({ (0...Int(Int32.max)).contains($0.id) })
        else { throw ModelError.damaged("tokenizer.json: the vocabulary of \(type) cannot be read") }
        return pairs
    }
}

extension Json {
    /// The id of the token that stands for what is not known.
    func unknownId(_ vocabulary: Vocabulary) -> Int? {
        self["unk_token"]?.bytes.flatMap { vocabulary.id(of: $0) }
    }
}

/// Whole words alone.
struct WordLevel: Sendable {
    private let unknown: Int?

    init(_ json: Json, _ vocabulary: Vocabulary) throws { unknown = json.unknownId(vocabulary) }

    func ids(of word: [UInt8], _ vocabulary: Vocabulary) throws -> [Int] {
        guard let found = vocabulary.id(of: word) ?? unknown else { throw ModelError.noUnknown("WordLevel") }
        return [found]
    }
}

/// BERT's model: the longest token that a word begins with, and so on (Schuster & Nakajima 2012).
struct WordPiece: Sendable {
    private let unknown: Int?
    private let prefix: [UInt8]
    private let longest: Int

    init(_ json: Json, _ vocabulary: Vocabulary) throws {
        unknown = json.unknownId(vocabulary)
        prefix = json["continuing_subword_prefix"]?.bytes ?? Array("##".utf8)
        longest = json["max_input_chars_per_word"]?.int ?? 100
    }

    func ids(of word: [UInt8], characters: Int, _ vocabulary: Vocabulary) throws -> [Int] {
        var found: [Int] = []
        var start = 0
        while start < word.count, characters <= longest {
            var (length, id) = (0, 0)
            let skipped = start > 0 ? prefix.count : 0
            vocabulary.prefixes(of: start > 0 ? prefix + word[start...] : word) {
                // a token never ends within a character, as it is whole characters itself
                if $0 > skipped { (length, id) = ($0 - skipped, $1) }
            }
            guard length > 0 else { break }
            found.append(id)
            start += length
        }
        if start == word.count { return found }
        guard let unknown else { throw ModelError.noUnknown("WordPiece") }
        return [unknown]
    }
}

extension ModelError {
    static func noUnknown(_ model: String) -> ModelError {
        .badInput("the text has a word that the model does not know, and its \(model) has no token for such words")
    }
}
