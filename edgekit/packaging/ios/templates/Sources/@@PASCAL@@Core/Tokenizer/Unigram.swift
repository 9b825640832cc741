// SentencePiece's unigram model (Kudo 2018, arXiv 1804.10959): the most probable way of writing a text with tokens.

/// A `Unigram` model.
struct Unigram: Sendable {
    // how much worse than the worst token an unknown character is
    private static let penalty = 10.0

    private let scores: [Double]
    private let unknownScore: Double
    private let unknown: Int?
    private let bytes: [Int?]

    init(_ json: Json, _ vocabulary: Vocabulary) throws {
        let rows = try json.needed("vocab", of: "Unigram").array ?? []
        scores = rows.map { $0.array?.last?.number ?? 0 }
        unknownScore = (scores.min() ?? 0) - Self.penalty
        unknown = json["unk_id"]?.int
        if let unknown, !scores.indices.contains(unknown) {
            throw ModelError.damaged("tokenizer.json: Unigram's unk_id \(unknown) is not of its vocabulary")
        }
        bytes = json["byte_fallback"]?.bool == true ? Bpe.byteTokens(vocabulary) : []
    }

    func ids(of text: [UInt8], _ vocabulary: Vocabulary) throws -> [Int] {
        var found: [Int] = []
        for range in try path(text, vocabulary) {
            let part = text[range]
            if let id = vocabulary.id(of: part) {
                found.append(id)
            } else if let ids = fallback(part) {
                found += ids
            } else if let unknown {
                found.append(unknown)
            }
        }
        return found
    }

    private struct Node {
        var score = 0.0
        var start: Int?
        var id = 0
    }

    /// The stretches of the best path (Viterbi), unknown ones in a row as one.
    private func path(_ text: [UInt8], _ vocabulary: Vocabulary) throws -> [Range<Int>] {
        var nodes = [Node](repeating: Node(), count: text.count + 1)
        var start = 0
        while start < text.count {
            var size = 1
            while start + size < text.count, text[start + size] & 0xC0 == 0x80 { size += 1 }
            let score = nodes[start].score
            var single = false
            func offer(_ end: Int, _ id: Int, _ candidate: Double) {
                if nodes[end].start == nil || candidate > nodes[end].score {
                    nodes[end] = Node(score: candidate, start: start, id: id)
                }
            }
            vocabulary.prefixes(of: text[start...]) { length, id in
                offer(start + length, id, scores[id] + score)
                single = single || length == size
            }
            if !single {
                guard let unknown else { throw ModelError.noUnknown("Unigram") }
                offer(start + size, unknown, unknownScore + score)
            }
            start += size
        }
        return stretches(nodes)
    }

    private func stretches(_ nodes: [Node]) -> [Range<Int>] {
        var found: [(range: Range<Int>, unknown: Bool)] = []
        var end = nodes.count - 1
        while end > 0, let start = nodes[end].start {
            let isUnknown = nodes[end].id == unknown
            if isUnknown, let last = found.last, last.unknown {
                found[found.count - 1].range = start..<last.range.upperBound
            } else {
                found.append((start..<end, isUnknown))
            }
            end = start
        }
        return found.reversed().map(\.range)
    }

    private func fallback(_ part: ArraySlice<UInt8>) -> [Int]? {
        guard !bytes.isEmpty else { return nil }
        let ids = part.compactMap { bytes[Int($0)] }
        return ids.count == part.count ? ids : nil
    }
}
