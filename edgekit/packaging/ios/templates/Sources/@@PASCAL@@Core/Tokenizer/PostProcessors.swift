// The post-processors of `tokenizer.json`: the special tokens around a text, or around a text and its pair.

/// Ids with the segment of each.
struct Segment {
    var ids: [Int]
    var types: [Int]
}

/// One of the post-processors, or several in a row.
indirect enum PostProcessor {
    case bert(start: Int, end: Int)
    case roberta(start: Int, end: Int)
    case template(single: [TemplatePart], pair: [TemplatePart])
    case byteLevel
    case sequence([PostProcessor])

    /// A part of a template: one of the texts, or special tokens.
    enum TemplatePart {
        case text(index: Int, type: Int)
        case special(ids: [Int], type: Int)
    }

    init(_ json: Json) throws {
        let type = json["type"]?.string ?? ""
        switch type {
        case "BertProcessing": self = .bert(start: try Self.id(json, "cls", type), end: try Self.id(json, "sep", type))
        case "RobertaProcessing":
            self = .roberta(start: try Self.id(json, "cls", type), end: try Self.id(json, "sep", type))
        case "TemplateProcessing":
            self = .template(single: try Self.template(json, "single"), pair: try Self.template(json, "pair"))
        case "ByteLevel": self = .byteLevel
        case "Sequence":
            self = .sequence(try json.needed("processors", of: type).array?.map(PostProcessor.init) ?? [])
        default: throw ModelError.unknownPart("post-processor", type)
        }
    }

    /// How many tokens it adds to a text, or to a pair of texts.
    func added(pair: Bool) -> Int {
        switch self {
        case .bert: return pair ? 3 : 2
        case .roberta: return pair ? 4 : 2
        case .byteLevel: return 0
        case .sequence(let parts): return parts.reduce(0) { $0 + $1.added(pair: pair) }
        case .template(let single, let both):
            return (pair ? both : single).reduce(0) { sum, part in
                if case .special(let ids, _) = part { return sum + ids.count }
                return sum
            }
        }
    }

    /// The segments with the special tokens; those of a template are as many as it has parts.
    func apply(to segments: [Segment]) throws -> [Segment] {
        switch self {
        case .byteLevel: return segments
        case .bert(let start, let end): return Self.around(segments, start: start, between: [], end: end)
        case .roberta(let start, let end):
            // every token of RoBERTa is of segment 0
            return Self.around(segments, start: start, between: [end], end: end).map {
                Segment(ids: $0.ids, types: $0.types.map { _ in 0 })
            }
        case .template(let single, let pair):
            guard segments.count <= 2 else {
                throw ModelError.unsupported("tokenizer.json has a template behind another template")
            }
            return (segments.count == 2 ? pair : single).compactMap { Self.filled($0, segments) }
        case .sequence(let parts): return try parts.reduce(segments) { try $1.apply(to: $0) }
        }
    }

    private static func around(_ segments: [Segment], start: Int, between: [Int], end: Int) -> [Segment] {
        segments.enumerated().map { index, segment in
            let before = index == 0 ? [start] : between
            let type = index == 0 ? 0 : 1
            return Segment(
                ids: before + segment.ids + [end], types: before.map { _ in type } + segment.types + [type])
        }
    }

    private static func filled(_ part: TemplatePart, _ segments: [Segment]) -> Segment? {
        switch part {
        case .special(let ids, let type): return Segment(ids: ids, types: ids.map { _ in type })
        case .text(let index, let type):
            guard segments.indices.contains(index) else { return nil }
            return Segment(ids: segments[index].ids, types: segments[index].ids.map { _ in type })
        }
    }

    private static func id(_ json: Json, _ key: String, _ type: String) throws -> Int {
        guard let id = json[key]?.array?.last?.int else {
            throw ModelError.damaged("tokenizer.json: \(type) has no \(key)")
        }
        return id
    }

    private static func template(_ json: Json, _ key: String) throws -> [TemplatePart] {
        try json.needed(key, of: "TemplateProcessing").array?.map { part in
            if let text = part["Sequence"] {
                return .text(index: text["id"]?.string == "B" ? 1 : 0, type: text["type_id"]?.int ?? 0)
            }
            guard let special = part["SpecialToken"], let name = special["id"]?.string,
                let ids = json["special_tokens"]?[name]?["ids"]?.array?.compactMap(\.int)
            else { throw ModelError.damaged("tokenizer.json: a part of TemplateProcessing cannot be read") }
            return .special(ids: ids, type: special["type_id"]?.int ?? 0)
        } ?? []
    }
}
