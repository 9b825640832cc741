// Text that grows token by token: whole characters only, and nothing of a stop string.

/// Turns tokens into text as they come; all pieces together are the whole text.
package struct TextStream {
    // so many tokens are decoded again with each new one; more than any character or any word's leading space needs
    private static let window = 16
    private static let unknown: Unicode.Scalar = "\u{FFFD}"

    private let tokenizer: Tokenizer
    private var ids: [Int] = []
    private var given = 0

    /// - Parameter context: the ids before the first new one, for whatever a decoder makes of a text's beginning
    package init(_ tokenizer: Tokenizer, context: [Int]) {
        self.tokenizer = tokenizer
        begin(context)
    }

    /// The text that a further token completes; empty in the middle of a character.
    package mutating func add(_ token: Int) -> String {
        ids.append(token)
        let text = Array(tokenizer.decode(ids).unicodeScalars)
        // these may be the bytes of a character that is still to be completed
        var whole = text[...]
        while whole.last == Self.unknown { whole.removeLast() }
        let piece = whole.dropFirst(given)
        given = max(given, whole.count)
        if whole.count == text.count, ids.count > 2 * Self.window { begin(ids) }
        return String(String.UnicodeScalarView(piece))
    }

    /// What is left when no token follows: characters that were never completed, as U+FFFD.
    package mutating func end() -> String {
        let rest = tokenizer.decode(ids).unicodeScalars.dropFirst(given)
        given += rest.count
        return String(rest)
    }

    /// Keep as few of the newest ids as do not begin in the middle of a character.
    private mutating func begin(_ all: [Int]) {
        var size = Self.window
        while true {
            ids = Array(all.suffix(size))
            let text = tokenizer.decode(ids).unicodeScalars
            given = text.count
            if size >= all.count || !text.contains(Self.unknown) { return }
            size *= 2
        }
    }
}

/// Looks for stop strings in text that comes in pieces, and holds back what may be the beginning of one.
package struct StopWatch {
    private let stops: [[Unicode.Scalar]]
    private var held: [Unicode.Scalar] = []
    package private(set) var stopped = false

    package init(_ stops: [String]) {
        self.stops = stops.filter { !$0.isEmpty }.map { Array($0.unicodeScalars) }
    }

    /// The text that is safe to show; after a stop string, which is left out, `stopped` is true.
    package mutating func add(_ piece: String) -> String {
        let text = held + Array(piece.unicodeScalars)
        let found = stops.compactMap { Pattern.string($0).matches(in: text).first?.lowerBound }
        if let first = found.min() {
            (stopped, held) = (true, [])
            return String(String.UnicodeScalarView(text[..<first]))
        }
        let keep = stops.map { Self.overlap(text, $0) }.max() ?? 0
        held = Array(text.suffix(keep))
        return String(String.UnicodeScalarView(text.dropLast(keep)))
    }

    /// What was held back when no text follows.
    package mutating func end() -> String {
        defer { held = [] }
        return String(String.UnicodeScalarView(held))
    }

    /// How many characters at the end of the text are the beginning of a stop string, short of all of it.
    private static func overlap(_ text: [Unicode.Scalar], _ stop: [Unicode.Scalar]) -> Int {
        let most = min(text.count, stop.count - 1)
        return stride(from: most, to: 0, by: -1).first { text.suffix($0).elementsEqual(stop.prefix($0)) } ?? 0
    }
}
