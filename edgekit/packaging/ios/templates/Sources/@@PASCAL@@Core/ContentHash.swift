// The content hash of a bundle: over its files, and over every fact of its manifest that decides an answer.

import Foundation

private let facts = [
    "task", "format", "model_file", "scheme", "target", "target_facts", "runtime", "family", "labels", "max_length",
    "lengths", "inputs", "outputs", "pad_id", "generation", "parity", "plan", "blocks",
]

// of models whose logits are read in another way than one label out of all
private let headFacts = ["problem_type", "thresholds"]

/// The content hash of a manifest in hexadecimal, as edgekit computes it that writes the manifest.
///
/// - Parameter files: the line of each file, by its name
func contentHash(of manifest: Json, files: [(name: String, line: String)]) -> String {
    let lines = files.sorted { $0.name.utf8.lexicographicallyPrecedes($1.name.utf8) }.map(\.line).joined()
    var bytes = Array(lines.utf8)
    let keys = facts + (manifest["format_version"]?.int == ModelFiles.headFormatVersion ? headFacts : [])
    Json.object(keys.map { (key: Array($0.utf8), value: manifest[$0] ?? .null) }).writeCanonical(to: &bytes)
    return sha256(Data(bytes))
}

extension Json {
    /// A number as the digits of its double, a text behind its length in UTF-8, the keys of an object in order.
    func writeCanonical(to bytes: inout [UInt8]) {
        switch self {
        case .null: bytes.append(UInt8(ascii: "n"))
        case .bool(let value): bytes.append(value ? UInt8(ascii: "t") : UInt8(ascii: "f"))
        case .number(let value):
            // a zero without its sign
            let digits = String((value + 0).bitPattern, radix: 16)
            bytes += "d\(String(repeating: "0", count: 16 - digits.count))\(digits)".utf8
        case .text(let text): Self.writeText(text, to: &bytes)
        case .array(let values):
            bytes.append(UInt8(ascii: "["))
            values.forEach { $0.writeCanonical(to: &bytes) }
            bytes.append(UInt8(ascii: "]"))
        case .object(let members):
            bytes.append(UInt8(ascii: "{"))
            for member in members.sorted(by: { $0.key.lexicographicallyPrecedes($1.key) }) {
                Self.writeText(member.key, to: &bytes)
                member.value.writeCanonical(to: &bytes)
            }
            bytes.append(UInt8(ascii: "}"))
        }
    }

    private static func writeText(_ text: [UInt8], to bytes: inout [UInt8]) {
        bytes += "s\(text.count):".utf8
        bytes += text
    }
}
