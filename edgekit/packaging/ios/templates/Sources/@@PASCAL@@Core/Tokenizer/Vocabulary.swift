// Tokens by their bytes: looked up whole, and as the beginnings of a text.

/// Tokens in the order of their bytes, all in one block of memory.
struct Vocabulary: Sendable {
    private let block: [UInt8]
    private let starts: [Int]
    private let ids: [Int]
    // where the tokens that begin with each byte lie
    private let firsts: [Int]

    /// Of equal tokens the last one counts.
    init(_ tokens: [(token: [UInt8], id: Int)]) {
        let order = tokens.indices.sorted {
            tokens[$0].token == tokens[$1].token
                ? $0 < $1 : tokens[$0].token.lexicographicallyPrecedes(tokens[$1].token)
        }
        var (block, starts, ids): ([UInt8], [Int], [Int]) = ([], [], [])
        for (place, index) in order.enumerated() {
            let token = tokens[index].token
            if place + 1 < order.count, tokens[order[place + 1]].token == token { continue }
            starts.append(block.count)
            ids.append(tokens[index].id)
            block += token
        }
        starts.append(block.count)
        (self.block, self.starts, self.ids) = (block, starts, ids)
        var firsts = [Int](repeating: ids.count, count: 257)
        for index in ids.indices.reversed() where starts[index] < starts[index + 1] {
            firsts[Int(block[starts[index]])] = index
        }
        for byte in (0..<256).reversed() { firsts[byte] = min(firsts[byte], firsts[byte + 1]) }
        self.firsts = firsts
    }

    /// How many different tokens there are.
    var count: Int { ids.count }

    /// The id of a token.
    func id<Token: RandomAccessCollection>(of token: Token) -> Int?
    where Token.Element == UInt8, Token.Index == Int {
        var found: Int?
        prefixes(of: token) { if $0 == token.count { found = $1 } }
        return found ?? (token.isEmpty && starts.count > 1 && starts[1] == 0 ? ids[0] : nil)
    }

    /// Call `visit` with length and id of each token that the bytes begin with, the shortest first.
    func prefixes<Bytes: RandomAccessCollection>(of bytes: Bytes, visit: (Int, Int) -> Void)
    where Bytes.Element == UInt8, Bytes.Index == Int {
        guard let first = bytes.first else { return }
        var (low, high) = (firsts[Int(first)], firsts[Int(first) + 1])
        var length = 1
        while low < high {
            if starts[low + 1] - starts[low] == length {
                visit(length, ids[low])
                low += 1
            }
            guard length < bytes.count else { return }
            let next = bytes[bytes.startIndex + length]
            low = bound(low, high, length) { $0 < next }
            high = bound(low, high, length) { $0 <= next }
            length += 1
        }
    }

    /// The first of the tokens whose byte at `place` is not `before` the wanted one; all are longer than `place`.
    private func bound(_ low: Int, _ high: Int, _ place: Int, _ before: (UInt8) -> Bool) -> Int {
        var (low, high) = (low, high)
        while low < high {
            let middle = (low + high) / 2
            if before(block[starts[middle] + place]) { low = middle + 1 } else { high = middle }
        }
        return low
    }
}
