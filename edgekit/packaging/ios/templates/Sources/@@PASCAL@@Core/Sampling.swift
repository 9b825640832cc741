// Choosing the next token: the best, or one drawn from what temperature, top-k and top-p leave.

import Foundation

/// How the next token is chosen.
public struct Sampling: Equatable, Sendable {
    /// 0 takes the best token; else logits are divided by it before the softmax.
    public var temperature: Double
    /// Only so many of the best tokens may be drawn; 0: all.
    public var topK: Int
    /// Only the smallest set of best tokens whose probabilities sum to this much; 1: all (Holtzman et al. 2020,
    /// arXiv 1904.09751).
    public var topP: Double
    /// The same seed gives the same tokens on the same logits, here as in edgekit.
    public var seed: UInt64

    public init(temperature: Double = 0, topK: Int = 0, topP: Double = 1, seed: UInt64 = 0) {
        (self.temperature, self.topK, self.topP, self.seed) = (temperature, topK, topP, seed)
    }

    /// Always the best token.
    public static let greedy = Sampling()

    package func check() throws {
        guard temperature >= 0, temperature < .infinity, topK >= 0, topP > 0, topP <= 1 else {
            throw ModelError.badInput("temperature and topK must be 0 or more, topP above 0 and at most 1")
        }
        if temperature == 0, topK > 0 || topP < 1 {
            throw ModelError.badInput("topK and topP choose among several tokens; at temperature 0 there is one")
        }
    }
}

/// Chooses token after token.
package struct Sampler {
    private let sampling: Sampling
    private var random: Pcg64

    package init(_ sampling: Sampling) {
        (self.sampling, random) = (sampling, Pcg64(seed: sampling.seed))
    }

    /// A token for the logits. Of equal logits the lower id is the better.
    package mutating func choose(_ logits: [Float]) -> Int {
        if sampling.temperature == 0 { return best(of: logits) }
        let candidates = Self.candidates(logits, sampling)
        let drawn = random.next() * candidates.reduce(0) { $0 + $1.probability }
        var sum = 0.0
        for candidate in candidates {
            sum += candidate.probability
            if sum > drawn { return candidate.id }
        }
        return candidates[candidates.count - 1].id
    }

    /// The ids that may be drawn, the best first, and their probabilities.
    package static func candidates(_ logits: [Float], _ sampling: Sampling) -> [(id: Int, probability: Double)] {
        let scaled = logits.map { Double($0) / sampling.temperature }
        var order = scaled.indices.sorted { scaled[$0] != scaled[$1] ? scaled[$0] > scaled[$1] : $0 < $1 }
        if sampling.topK > 0 { order = Array(order.prefix(sampling.topK)) }
        let weights = order.map { exp(scaled[$0] - scaled[order[0]]) }
        let sum = weights.reduce(0, +)
        var (before, kept): (Double, [(id: Int, probability: Double)]) = (0, [])
        for (id, weight) in zip(order, weights) {
            // a token is in as long as those before it do not make up topP
            if sampling.topP < 1, before >= sampling.topP, !kept.isEmpty { break }
            kept.append((id, weight / sum))
            before += weight / sum
        }
        return kept
    }
}

/// The place of the largest number, of equal ones the first.
package func best(of numbers: [Float]) -> Int {
    var found = 0
    for index in numbers.indices where numbers[index] > numbers[found] { found = index }
    return found
}
