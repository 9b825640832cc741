// Byte-pair encoding (Sennrich et al. 2016, arXiv 1508.07909): pairs are merged in the order of their learning.

/// A `BPE` model; dropout, which is for training, is not done.
struct Bpe: Sendable {
    private struct Merge: Sendable {
        let rank: Int
        let id: Int
    }

    private let merges: [UInt64: Merge]
    private let unknown: Int?
    private let fuseUnknown: Bool
    private let wholeFirst: Bool
    private let prefix: [UInt8]
    private let suffix: [UInt8]
    private let bytes: [Int?]

    init(_ json: Json, _ vocabulary: Vocabulary) throws {
        unknown = json.unknownId(vocabulary)
        if let name = json["unk_token"]?.string, unknown == nil {
            throw ModelError.damaged("tokenizer.json: the vocabulary of BPE lacks \(name)")
        }
        if let dropout = json["dropout"]?.number, dropout > 0 {
            throw ModelError.unsupported("tokenizer.json: BPE with dropout gives other ids each time")
        }
        fuseUnknown = json["fuse_unk"]?.bool ?? false
        wholeFirst = json["ignore_merges"]?.bool ?? false
        prefix = json["continuing_subword_prefix"]?.bytes ?? []
        suffix = json["end_of_word_suffix"]?.bytes ?? []
        bytes = json["byte_fallback"]?.bool == true ? Self.byteTokens(vocabulary) : []
        merges = try Self.merges(json.needed("merges", of: "BPE").array ?? [], prefix.count, vocabulary)
    }

    func ids(of word: [UInt8], _ vocabulary: Vocabulary) throws -> [Int] {
        if wholeFirst, let id = vocabulary.id(of: word) { return [id] }
        return merged(symbols(of: word, vocabulary))
    }

    /// The tokens `<0x00>` to `<0xFF>`.
    static func byteTokens(_ vocabulary: Vocabulary) -> [Int?] {
        (0..<256).map { byte in
            let digits = String(byte, radix: 16, uppercase: true)
            return vocabulary.id(of: Array("<0x\(byte < 16 ? "0" : "")\(digits)>".utf8))
        }
    }

    /// `"a b"` and `["a", "b"]` mean the same.
    private static func merges(_ rows: [Json], _ skipped: Int, _ vocabulary: Vocabulary) throws -> [UInt64: Merge] {
        var made: [UInt64: Merge] = [:]
        made.reserveCapacity(rows.count)
        var rank = 0
        for row in rows {
            if let text = row.bytes, text.starts(with: "#version".utf8) { continue }
            let parts =
                row.array?.compactMap(\.bytes)
                ?? row.bytes?.split(separator: 0x20, omittingEmptySubsequences: false).map(Array.init) ?? []
            guard parts.count == 2, let first = vocabulary.id(of: parts[0]), let second = vocabulary.id(of: parts[1]),
                let id = vocabulary.id(of: parts[0] + parts[1].dropFirst(skipped))
            else { throw ModelError.damaged("tokenizer.json: merge \(rank + 1) of BPE is not of its vocabulary") }
            made[pair(first, second)] = Merge(rank: rank, id: id)
            rank += 1
        }
        return made
    }

    private static func pair(_ first: Int, _ second: Int) -> UInt64 { UInt64(first) << 32 | UInt64(second) }

    /// The id of each character, or of each of its bytes, or of what is not known.
    private func symbols(of word: [UInt8], _ vocabulary: Vocabulary) -> [Int] {
        var found: [Int] = []
        var pending = false
        var start = 0
        while start < word.count {
            var end = start + 1
            while end < word.count, word[end] & 0xC0 == 0x80 { end += 1 }
            var character = Array(word[start..<end])
            if start > 0 { character = prefix + character }
            if end == word.count { character += suffix }
            if let id = vocabulary.id(of: character) {
                if pending, let unknown { found.append(unknown) }
                pending = false
                found.append(id)
            } else if let ids = fallback(character) {
                found += ids
            } else if let unknown {
                if pending, !fuseUnknown { found.append(unknown) }
                pending = true
            }
            start = end
        }
        if pending, let unknown { found.append(unknown) }
        return found
    }

    private func fallback(_ character: [UInt8]) -> [Int]? {
        guard !bytes.isEmpty else { return nil }
        let ids = character.compactMap { bytes[Int($0)] }
        return ids.count == character.count ? ids : nil
    }

    /// Merge the pair that was learned first, the leftmost of equals, until none is left.
    private func merged(_ symbols: [Int]) -> [Int] {
        var (ids, next) = (symbols, Array(1..<symbols.count + 1))
        var before = Array(-1..<symbols.count - 1)
        var alive = [Bool](repeating: true, count: symbols.count)
        var queue = Heap()
        func offer(_ place: Int) {
            guard next[place] < ids.count, let merge = merges[Self.pair(ids[place], ids[next[place]])] else { return }
            queue.push(Heap.Entry(rank: merge.rank, place: place, id: merge.id))
        }
        for place in ids.indices { offer(place) }
        while let entry = queue.pop() {
            let place = entry.place
            // the pair may be gone, merged with a neighbour
            guard alive[place], next[place] < ids.count,
                merges[Self.pair(ids[place], ids[next[place]])]?.id == entry.id
            else { continue }
            let right = next[place]
            ids[place] = entry.id
            alive[right] = false
            next[place] = next[right]
            if next[right] < ids.count { before[next[right]] = place }
            if before[place] >= 0 { offer(before[place]) }
            offer(place)
        }
        return ids.indices.filter { alive[$0] }.map { ids[$0] }
    }
}

/// A binary heap of merges, the earliest learned and leftmost on top.
private struct Heap {
    struct Entry {
        let rank: Int
        let place: Int
        let id: Int

        func precedes(_ other: Entry) -> Bool { (rank, place) < (other.rank, other.place) }
    }

    private var entries: [Entry] = []

    mutating func push(_ entry: Entry) {
        entries.append(entry)
        var child = entries.count - 1
        while child > 0, entries[child].precedes(entries[(child - 1) / 2]) {
            entries.swapAt(child, (child - 1) / 2)
            child = (child - 1) / 2
        }
    }

    mutating func pop() -> Entry? {
        guard let top = entries.first else { return nil }
        let last = entries.removeLast()
        guard !entries.isEmpty else { return top }
        entries[0] = last
        var parent = 0
        while true {
            var best = parent
            for child in [2 * parent + 1, 2 * parent + 2] where child < entries.count {
                if entries[child].precedes(entries[best]) { best = child }
            }
            if best == parent { return top }
            entries.swapAt(parent, best)
            parent = best
        }
    }
}
