// Reading JSON without loss: keys and texts stay the bytes they are.
//
// Foundation's reader gives dictionaries of String, and Swift takes two strings for one where they differ in nothing
// but Unicode's normal form: a vocabulary that holds "é" in both forms would lose a token.

/// A value of a JSON file; texts are UTF-8, objects keep their order.
enum Json {
    case null
    case bool(Bool)
    case number(Double)
    case text([UInt8])
    case array([Json])
    case object([(key: [UInt8], value: Json)])

    /// Read a whole file; nil where it is no JSON.
    init?(_ bytes: [UInt8]) {
        var reader = JsonReader(bytes: bytes)
        guard let value = reader.whole() else { return nil }
        self = value
    }

    /// The member of an object; nil for none, for null, and for what is no object.
    subscript(_ key: String) -> Json? {
        guard case .object(let members) = self else { return nil }
        let wanted = Array(key.utf8)
        guard let found = members.last(where: { $0.key == wanted })?.value else { return nil }
        if case .null = found { return nil }
        return found
    }

    var bytes: [UInt8]? {
        if case .text(let bytes) = self { return bytes }
        return nil
    }

    var string: String? { bytes.map { String(decoding: $0, as: UTF8.self) } }

    var scalars: [Unicode.Scalar]? { string.map { Array($0.unicodeScalars) } }

    var number: Double? {
        if case .number(let value) = self { return value }
        return nil
    }

    var int: Int? {
        guard let value = number, value == value.rounded(), abs(value) < 9e15 else { return nil }
        return Int(value)
    }

    var bool: Bool? {
        if case .bool(let value) = self { return value }
        return nil
    }

    var array: [Json]? {
        if case .array(let values) = self { return values }
        return nil
    }

    var members: [(key: [UInt8], value: Json)]? {
        if case .object(let members) = self { return members }
        return nil
    }
}

/// Walks over the bytes of a JSON file once.
private struct JsonReader {
    let bytes: [UInt8]
    var place = 0
    var depth = 0
    // deeper than any file of a bundle, and far from the end of a thread's stack
    static let deepest = 64

    init(bytes: [UInt8]) { self.bytes = bytes }

    mutating func whole() -> Json? {
        guard let value = value() else { return nil }
        space()
        return place == bytes.count ? value : nil
    }

    private mutating func value() -> Json? {
        space()
        guard place < bytes.count, depth < Self.deepest else { return nil }
        switch bytes[place] {
        case UInt8(ascii: "{"): return object()
        case UInt8(ascii: "["): return array()
        case UInt8(ascii: "\""): return text().map { .text($0) }
        case UInt8(ascii: "t"): return word("true", .bool(true))
        case UInt8(ascii: "f"): return word("false", .bool(false))
        case UInt8(ascii: "n"): return word("null", .null)
        default: return number()
        }
    }

    private mutating func object() -> Json? {
        var members: [(key: [UInt8], value: Json)] = []
        let whole = items(closing: UInt8(ascii: "}")) { reader in
            reader.space()
            guard let key = reader.text() else { return false }
            reader.space()
            guard reader.take(UInt8(ascii: ":")), let value = reader.value() else { return false }
            members.append((key, value))
            return true
        }
        return whole ? .object(members) : nil
    }

    private mutating func array() -> Json? {
        var values: [Json] = []
        let whole = items(closing: UInt8(ascii: "]")) { reader in
            guard let value = reader.value() else { return false }
            values.append(value)
            return true
        }
        return whole ? .array(values) : nil
    }

    private mutating func items(closing: UInt8, _ item: (inout JsonReader) -> Bool) -> Bool {
        place += 1
        depth += 1
        defer { depth -= 1 }
        space()
        if take(closing) { return true }
        while item(&self) {
            space()
            if take(closing) { return true }
            guard take(UInt8(ascii: ",")) else { return false }
        }
        return false
    }

    private mutating func text() -> [UInt8]? {
        guard take(UInt8(ascii: "\"")) else { return nil }
        var found: [UInt8] = []
        while place < bytes.count {
            let byte = bytes[place]
            place += 1
            switch byte {
            case UInt8(ascii: "\""): return found
            case UInt8(ascii: "\\"):
                guard let character = escaped() else { return nil }
                found.append(contentsOf: String(character).utf8)
            case 0..<0x20: return nil
            default: found.append(byte)
            }
        }
        return nil
    }

    private mutating func escaped() -> Unicode.Scalar? {
        guard place < bytes.count else { return nil }
        let byte = bytes[place]
        place += 1
        switch byte {
        case UInt8(ascii: "b"): return "\u{8}"
        case UInt8(ascii: "f"): return "\u{c}"
        case UInt8(ascii: "n"): return "\n"
        case UInt8(ascii: "r"): return "\r"
        case UInt8(ascii: "t"): return "\t"
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): return Unicode.Scalar(byte)
        case UInt8(ascii: "u"): return codePoint()
        default: return nil
        }
    }

    private mutating func codePoint() -> Unicode.Scalar? {
        guard let first = hexadecimal() else { return nil }
        guard (0xD800..<0xDC00).contains(first) else { return Unicode.Scalar(first) }
        // half a character: the other half must follow
        guard take(UInt8(ascii: "\\")), take(UInt8(ascii: "u")), let second = hexadecimal(),
            (0xDC00..<0xE000).contains(second)
        else { return nil }
        return Unicode.Scalar(0x10000 + (first - 0xD800) << 10 + (second - 0xDC00))
    }

    private mutating func hexadecimal() -> UInt32? {
        guard place + 4 <= bytes.count else { return nil }
        let digits = bytes[place..<place + 4]
        place += 4
        return UInt32(String(decoding: digits, as: UTF8.self), radix: 16)
    }

    private mutating func number() -> Json? {
        let start = place
        while place < bytes.count, "+-.eE0123456789".utf8.contains(bytes[place]) { place += 1 }
        return Double(String(decoding: bytes[start..<place], as: UTF8.self)).map { .number($0) }
    }

    private mutating func word(_ word: String, _ value: Json) -> Json? {
        guard bytes[place...].starts(with: word.utf8) else { return nil }
        place += word.utf8.count
        return value
    }

    private mutating func take(_ byte: UInt8) -> Bool {
        guard place < bytes.count, bytes[place] == byte else { return false }
        place += 1
        return true
    }

    private mutating func space() {
        while place < bytes.count, [0x20, 0x0A, 0x0D, 0x09].contains(bytes[place]) { place += 1 }
    }
}
