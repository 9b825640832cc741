// NumPy's default random numbers, PCG64 (O'Neill 2014) seeded by SeedSequence: a seed draws what edgekit draws.

/// A generator of random numbers with 128 bits of state.
struct Pcg64 {
    private static let multiplier = Wide(high: 0x2360_ED05_1FC6_5DA4, low: 0x4385_DF64_9FCC_F645)

    private var state = Wide(high: 0, low: 0)
    private let increment: Wide

    init(seed: UInt64) {
        let words = SeedSequence(seed).words
        increment = Wide(high: words[2] << 1 | words[3] >> 63, low: words[3] << 1 | 1)
        step()
        state = state.plus(Wide(high: words[0], low: words[1]))
        step()
    }

    /// A number from 0 on and below 1, with 53 random bits.
    mutating func next() -> Double {
        step()
        let (word, turn) = (state.high ^ state.low, state.high >> 58)
        let turned = word >> turn | word << ((64 - turn) & 63)
        return Double(turned >> 11) / 9_007_199_254_740_992  // 2^53
    }

    private mutating func step() { state = state.times(Self.multiplier).plus(increment) }
}

/// A number of 128 bits, what does not fit cut off.
private struct Wide {
    let high: UInt64
    let low: UInt64

    func plus(_ other: Wide) -> Wide {
        let (sum, carried) = low.addingReportingOverflow(other.low)
        return Wide(high: high &+ other.high &+ (carried ? 1 : 0), low: sum)
    }

    func times(_ other: Wide) -> Wide {
        let product = low.multipliedFullWidth(by: other.low)
        return Wide(high: product.high &+ high &* other.low &+ low &* other.high, low: product.low)
    }
}

/// NumPy's way from a seed to words that have nothing to do with each other.
private struct SeedSequence {
    /// Four words, in the order in which PCG64 takes them: state high, low, increment high, low.
    let words: [UInt64]

    init(_ seed: UInt64) {
        var constant: UInt32 = 0x43B0_D7E5
        func hash(_ word: UInt32) -> UInt32 {
            let value = word ^ constant
            constant = constant &* 0x931E_8875
            return Self.folded(value &* constant)
        }
        var pool = [UInt32(truncatingIfNeeded: seed), UInt32(seed >> 32), 0, 0].map(hash)
        for source in 0..<4 {
            for place in 0..<4 where place != source {
                let other = hash(pool[source])
                pool[place] = Self.folded(0xCA01_F9DD &* pool[place] &- 0x4973_F715 &* other)
            }
        }
        words = Self.generated(pool)
    }

    private static func generated(_ pool: [UInt32]) -> [UInt64] {
        var constant: UInt32 = 0x8B51_F9DD
        let halves = (0..<8).map { place -> UInt64 in
            let value = pool[place % 4] ^ constant
            constant = constant &* 0x58F3_8DED
            return UInt64(folded(value &* constant))
        }
        return [0, 2, 4, 6].map { halves[$0] | halves[$0 + 1] << 32 }
    }

    private static func folded(_ word: UInt32) -> UInt32 { word ^ word >> 16 }
}
