// SentencePiece's normalization: a compiled table of byte sequences and what they become.

import Foundation

/// A `Precompiled` normalizer: a double-array trie (Aoe 1989) over UTF-8, and the texts that it leads to.
struct PrecompiledCharacters {
    private let units: [UInt32]
    private let texts: [UInt8]

    /// Read the base64 text of a `precompiled_charsmap`.
    init(_ base64: String) throws {
        guard let data = Data(base64Encoded: base64), data.count >= 4 else { throw Self.damaged }
        let bytes = [UInt8](data)
        let size = Int(Self.unit(bytes, 0))
        guard size % 4 == 0, size > 0, 4 + size <= bytes.count else { throw Self.damaged }
        units = stride(from: 4, to: 4 + size, by: 4).map { Self.unit(bytes, $0) }
        texts = Array(bytes[(4 + size)...])
    }

    /// Normalize a piece in place.
    func apply(to piece: inout Piece) {
        var (scalars, origins): ([Unicode.Scalar], [Int]) = ([], [])
        scalars.reserveCapacity(piece.scalars.count)
        var start = 0
        for character in Self.string(piece.scalars) {
            let count = character.unicodeScalars.count
            let stretch = piece.scalars[start..<start + count]
            // what a reader takes for one character is replaced as a whole where it is short, as SentencePiece does
            if character.utf8.count < 6, let made = replacement(of: Array(character.utf8)) {
                scalars += made
                origins += repeatElement(piece.origins[start], count: made.count)
            } else {
                for (place, scalar) in zip(stretch.indices, stretch) {
                    let made = replacement(of: Array(String(scalar).utf8)) ?? [scalar]
                    scalars += made
                    origins += repeatElement(piece.origins[place], count: made.count)
                }
            }
            start += count
        }
        // characters dropped at the very beginning do not move it
        if let first = piece.origins.first, !origins.isEmpty { origins[0] = first }
        piece = Piece(scalars, origins)
    }

    private static let damaged = ModelError.damaged("tokenizer.json: the table of Precompiled cannot be read")

    private static func string(_ scalars: [Unicode.Scalar]) -> String {
        var view = String.UnicodeScalarView()
        view.append(contentsOf: scalars)
        return String(view)
    }

    private static func unit(_ bytes: [UInt8], _ place: Int) -> UInt32 {
        (0..<4).reduce(0) { $0 | UInt32(bytes[place + $1]) << (8 * UInt32($1)) }
    }

    /// What the shortest known beginning of the bytes becomes; nil where none is known.
    private func replacement(of bytes: [UInt8]) -> [Unicode.Scalar]? {
        var place = offset(units[0])
        for byte in bytes {
            guard byte != 0 else { return nil }
            place ^= Int(byte)
            guard place < units.count, units[place] & (1 << 31 | 0xFF) == UInt32(byte) else { return nil }
            let unit = units[place]
            place ^= offset(unit)
            if unit >> 8 & 1 == 1, place < units.count { return text(at: Int(units[place] & 0x7FFF_FFFF)) }
        }
        return nil
    }

    private func offset(_ unit: UInt32) -> Int { Int((unit >> 10) << ((unit & 1 << 9) >> 6)) }

    private func text(at start: Int) -> [Unicode.Scalar] {
        guard start < texts.count else { return [] }
        return Array(String(decoding: texts[start...].prefix { $0 != 0 }, as: UTF8.self).unicodeScalars)
    }
}
