// A stretch of the text on its way through the tokenizer, and how it is split.

/// A stretch of normalized text; an added token that was found in it has its id already.
struct Piece {
    var scalars: [Unicode.Scalar]
    /// The place in the original text of each character, for what depends on where a text begins.
    var origins: [Int]
    var id: Int?

    init(_ text: [Unicode.Scalar]) {
        self.init(text, Array(text.indices))
    }

    init(_ scalars: [Unicode.Scalar], _ origins: [Int], id: Int? = nil) {
        self.scalars = scalars
        self.origins = origins
        self.id = id
    }

    /// Whether it begins where the original text does.
    var isFirst: Bool { origins.first == 0 }

    /// A part of it, as an added token where an id is given.
    func part(_ range: Range<Int>, id: Int? = nil) -> Piece {
        Piece(Array(scalars[range]), Array(origins[range]), id: id)
    }

    mutating func keep(where kept: (Unicode.Scalar) -> Bool) {
        let places = scalars.indices.filter { kept(scalars[$0]) }
        guard places.count < scalars.count else { return }
        origins = places.map { origins[$0] }
        scalars = places.map { scalars[$0] }
    }

    /// Each character becomes some characters, or none.
    mutating func replaceEach(_ made: (Unicode.Scalar) -> [Unicode.Scalar]?) {
        var (newScalars, newOrigins): ([Unicode.Scalar], [Int]) = ([], [])
        newScalars.reserveCapacity(scalars.count)
        newOrigins.reserveCapacity(scalars.count)
        for (place, scalar) in scalars.enumerated() {
            let found = made(scalar) ?? [scalar]
            newScalars += found
            newOrigins += repeatElement(origins[place], count: found.count)
        }
        (scalars, origins) = (newScalars, newOrigins)
    }

    mutating func prepend(_ text: [Unicode.Scalar]) {
        guard let first = origins.first else { return }
        scalars = text + scalars
        origins = repeatElement(first, count: text.count) + origins
    }

    /// Each match becomes `content`.
    mutating func replace(_ matches: [Range<Int>], with content: [Unicode.Scalar]) {
        guard !matches.isEmpty else { return }
        var (newScalars, newOrigins): ([Unicode.Scalar], [Int]) = ([], [])
        var last = 0
        for match in matches {
            newScalars += scalars[last..<match.lowerBound]
            newOrigins += origins[last..<match.lowerBound]
            // the new characters count as coming from the last of the old ones
            let origin = match.upperBound > 0 ? origins[match.upperBound - 1] : 0
            newScalars += content
            newOrigins += repeatElement(origin, count: content.count)
            last = match.upperBound
        }
        newScalars += scalars[last...]
        newOrigins += origins[last...]
        (scalars, origins) = (newScalars, newOrigins)
    }
}

/// What becomes of the delimiters of a split; the names are those of `tokenizer.json`.
enum SplitBehavior: String {
    case removed = "Removed"
    case isolated = "Isolated"
    case mergedWithPrevious = "MergedWithPrevious"
    case mergedWithNext = "MergedWithNext"
    case contiguous = "Contiguous"
}

extension Piece {
    /// Split at the delimiters `matches`, which come in order and do not overlap.
    /// - Parameter inverted: what is between the matches are the delimiters
    func split(at matches: [Range<Int>], _ behavior: SplitBehavior, inverted: Bool = false) -> [Piece] {
        var stretches: [(range: Range<Int>, match: Bool)] = []
        var last = 0
        for match in matches {
            if last < match.lowerBound { stretches.append((last..<match.lowerBound, inverted)) }
            stretches.append((match, !inverted))
            last = match.upperBound
        }
        if last < scalars.count { stretches.append((last..<scalars.count, inverted)) }
        return Self.joined(stretches, behavior).filter { !$0.isEmpty }.map { part($0) }
    }

    /// Split at each character that is a delimiter.
    func split(_ behavior: SplitBehavior, where delimiter: (Unicode.Scalar) -> Bool) -> [Piece] {
        split(at: scalars.indices.filter { delimiter(scalars[$0]) }.map { $0..<$0 + 1 }, behavior)
    }

    private static func joined(_ stretches: [(range: Range<Int>, match: Bool)], _ behavior: SplitBehavior)
        -> [Range<Int>]
    {
        switch behavior {
        case .isolated: return stretches.map(\.range)
        case .removed: return stretches.filter { !$0.match }.map(\.range)
        case .contiguous: return merged(stretches) { $0 == $1 }
        case .mergedWithPrevious: return merged(stretches) { $0 && !$1 }
        case .mergedWithNext: return merged(stretches.reversed()) { $0 && !$1 }.reversed()
        }
    }

    /// Stretches one after the other, in either direction, each joined to the one before where `join` says so.
    private static func merged<Stretches: Sequence>(_ stretches: Stretches, _ join: (Bool, Bool) -> Bool)
        -> [Range<Int>]
    where Stretches.Element == (range: Range<Int>, match: Bool) {
        var made: [Range<Int>] = []
        var before = false
        for (range, match) in stretches {
            if join(match, before), let last = made.popLast() {
                made.append(min(last.lowerBound, range.lowerBound)..<max(last.upperBound, range.upperBound))
            } else {
                made.append(range)
            }
            before = match
        }
        return made
    }
}
