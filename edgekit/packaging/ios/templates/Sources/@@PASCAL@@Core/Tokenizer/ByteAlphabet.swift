// GPT-2's alphabet of bytes: each byte as a character that can be seen.

/// The 256 characters that stand for bytes, and the way back.
enum ByteAlphabet {
    /// The character of each byte.
    static let characters: [Unicode.Scalar] = {
        var next: UInt32 = 256
        return (0..<256).map { (byte: UInt32) -> Unicode.Scalar in
            let seen = (33...126).contains(byte) || (161...172).contains(byte) || (174...255).contains(byte)
            defer { next += seen ? 0 : 1 }
            return Unicode.Scalar(seen ? byte : next)!
        }
    }()

    private static let bytes = Dictionary(uniqueKeysWithValues: characters.enumerated().map { ($1, UInt8($0)) })

    /// The bytes that a token stands for; its own bytes where it holds a character of another alphabet.
    static func bytes(of token: [Unicode.Scalar]) -> [UInt8] {
        let found = token.compactMap { bytes[$0] }
        return found.count == token.count ? found : token.flatMap { Array(String($0).utf8) }
    }
}
