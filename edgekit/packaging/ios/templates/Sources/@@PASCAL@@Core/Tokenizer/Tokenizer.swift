// Text to token ids and back, from the `tokenizer.json` of Hugging Face tokenizers, with the same ids for every text.

import Foundation

/// Token ids without padding, and the segment of each: 0 for the text, 1 for its pair.
public struct Encoding: Equatable, Sendable {
    public let ids: [Int]
    public let typeIds: [Int]
}

/// A `tokenizer.json`. It cuts texts to `maxLength` tokens, special tokens included, and never pads.
///
/// A pair loses tokens of its longer text first. A part of the file that this package does not know is refused when
/// it is read, never skipped.
public struct Tokenizer: @unchecked Sendable {  // NSRegularExpression, which never changes, is not marked as such
    private let added: AddedTokens
    private let preTokenizer: PreTokenizer?
    private let model: Model
    private let postProcessor: PostProcessor?
    private let decoder: Decoder?
    /// The most tokens of an encoding; nil: any number.
    public let maxLength: Int?

    /// - Parameters:
    ///   - file: the bytes of a `tokenizer.json`
    ///   - maxLength: the most tokens of an encoding; nil: any number
    ///   - decodes: whether `decode` will be asked for; else the file's decoder is not read
    /// - Throws: `ModelError.damaged`, `.unsupported` for the file, `.badInput` where `maxLength` leaves no room.
    public init(_ file: Data, maxLength: Int? = nil, decodes: Bool = false) throws {
        guard let json = Json([UInt8](file)), let part = json["model"] else {
            throw ModelError.damaged("tokenizer.json cannot be read")
        }
        model = try Model(part)
        added = try AddedTokens(json["added_tokens"], model, json["normalizer"].map(Normalizer.init))
        preTokenizer = try json["pre_tokenizer"].map(PreTokenizer.init)
        postProcessor = try json["post_processor"].map(PostProcessor.init)
        decoder = decodes ? try json["decoder"].map(Decoder.init) : nil
        self.maxLength = maxLength
        let special = postProcessor?.added(pair: false) ?? 0
        if let maxLength, maxLength <= special {
            throw ModelError.badInput("a length of \(maxLength) leaves no room beside \(special) special tokens")
        }
    }

    /// The ids of a text, or of a pair of texts.
    /// - Throws: `ModelError.badInput` for a pair that the length has no room for, or a word that no token stands for.
    public func encode(_ text: String, pair: String? = nil) throws -> Encoding {
        var segments = [Segment(ids: try ids(of: text), types: [])]
        if let pair { segments.append(Segment(ids: try ids(of: pair), types: [])) }
        try truncate(&segments)
        for index in segments.indices { segments[index].types = segments[index].ids.map { _ in index } }
        let made = try postProcessor?.apply(to: segments) ?? segments
        return Encoding(ids: made.flatMap(\.ids), typeIds: made.flatMap(\.types))
    }

    /// The text of ids, special tokens left out. Bytes that are no UTF-8 become U+FFFD.
    public func decode(_ ids: [Int]) -> String {
        let tokens = ids.compactMap { id -> [Unicode.Scalar]? in
            if added.special.contains(id) { return nil }
            return added.contents[id]
                ?? model.tokens[id].map { Array(String(decoding: $0, as: UTF8.self).unicodeScalars) }
        }
        let pieces = decoder?.apply(to: tokens) ?? [Array(tokens.joined(separator: [" "]))]
        return String(String.UnicodeScalarView(pieces.joined()))
    }

    private func ids(of text: String) throws -> [Int] {
        let pieces = added.extract(from: Array(text.unicodeScalars))
        return try (preTokenizer?.apply(to: pieces) ?? pieces).flatMap { piece in
            try piece.id.map { [$0] } ?? model.ids(of: piece.scalars)
        }
    }

    private func truncate(_ segments: inout [Segment]) throws {
        guard let maxLength else { return }
        let special = postProcessor?.added(pair: segments.count == 2) ?? 0
        let room = maxLength - special
        guard room >= 0 else {
            let needed = "\(special) special tokens of a pair"
            throw ModelError.badInput("a length of \(maxLength) leaves no room beside the \(needed)")
        }
        let lengths = segments.map(\.ids.count)
        guard lengths.reduce(0, +) > room else { return }
        let kept = lengths.count == 2 ? Self.longestFirst(lengths[0], lengths[1], room) : [room]
        for (index, count) in kept.enumerated() { segments[index].ids = Array(segments[index].ids.prefix(count)) }
    }

    /// How many tokens of each of two texts stay.
    private static func longestFirst(_ first: Int, _ second: Int, _ room: Int) -> [Int] {
        var (shorter, longer) = (min(first, second), max(first, second))
        longer = max(shorter, room - shorter)
        if shorter + longer > room { (shorter, longer) = (room / 2, room / 2 + room % 2) }
        return first > second ? [longer, shorter] : [shorter, longer]
    }
}
