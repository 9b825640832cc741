// A prompt becomes text, piece by piece, until something ends it.

import Foundation
import @@PASCAL@@Core

/// What ends a text, beside the model's own end, and how its tokens are chosen.
public struct GenerationOptions: Equatable, Sendable {
    /// What happens when the model's context is full.
    public enum FullContext: Sendable {
        /// The text ends.
        case stop
        /// The older half is forgotten.
        case slide
    }

    /// The most new tokens.
    public var maxTokens: Int
    public var sampling: Sampling
    /// Strings that end the text where they appear; they are left out of it.
    public var stops: [String]
    public var whenFull: FullContext

    public init(
        maxTokens: Int = 256, sampling: Sampling = .greedy, stops: [String] = [], whenFull: FullContext = .stop
    ) {
        (self.maxTokens, self.sampling, self.stops, self.whenFull) = (maxTokens, sampling, stops, whenFull)
    }
}

/// A text that was generated.
public struct Generation: Equatable, Sendable {
    /// Why a text ended: the model ended it, a stop string, `maxTokens`, or a full context.
    public enum Finish: Sendable {
        case end
        case stop
        case length
        case context
    }

    public let text: String
    /// The new tokens; the model's end token is not among them.
    public let ids: [Int]
    public let finish: Finish
}

/// The model of this package, ready to write; texts that are asked for at the same time wait for each other.
public actor Generator {
    private let files: ModelFiles
    private let session: DecoderSession
    private let tokenizer: Tokenizer

    private init(_ files: ModelFiles, _ session: DecoderSession, _ tokenizer: Tokenizer) {
        (self.files, self.session, self.tokenizer) = (files, session, tokenizer)
    }

    /// Check the model's files and load it, away from the main thread.
    ///
    /// - Parameters:
    ///   - folder: a model's folder; nil: the model of this package
    ///   - threads: how many threads a text may use
    /// - Throws: `ModelError.damaged` for a changed file, `.wrongTask`, `.unsupported`, `.runtime`;
    ///   `CancellationError` when the task that asks is cancelled.
    public static func load(from folder: URL? = nil, threads: Int = 1) async throws -> Generator {
        let files = try ModelFiles(folder: folder ?? PackagedModel.folder)
        try files.expect(.generation, instead: "Classifier")
        try Task.checkCancellation()
        let tokenizer = try Tokenizer(try files.data("tokenizer.json"), decodes: true)
        try Task.checkCancellation()
        return Generator(files, try DecoderSession(files, threads: threads), tokenizer)
    }

    /// The text that follows a prompt.
    ///
    /// - Parameter onPiece: is called with each piece of the text as soon as its characters are whole
    /// - Throws: `ModelError.badInput` for a prompt or options that do not fit, `CancellationError` when the task that
    ///   asks is cancelled.
    public func generate(
        _ prompt: String, options: GenerationOptions = GenerationOptions(),
        onPiece: @Sendable (String) -> Void = { _ in }
    ) throws -> Generation {
        // one that was cancelled while it waited for another
        try Task.checkCancellation()
        let prompt = try encode(prompt)
        var writing = try Writing(tokenizer, prompt, options, ends: files.endIds)
        var text = ""
        func give(_ piece: String) {
            if !piece.isEmpty { onPiece(piece) }
            text += piece
        }
        var logits = try start(prompt, options)
        while true {
            try Task.checkCancellation()
            give(writing.add(logits))
            if let finish = writing.finish ?? full(options) {
                give(writing.rest())
                return Generation(text: text, ids: writing.ids, finish: finish)
            }
            logits =
                session.length == session.capacity
                ? try slide(prompt, writing.ids) : try session.feed([writing.ids[writing.ids.count - 1]])
        }
    }

    /// The text that follows a prompt, piece by piece; it ends when nobody reads on.
    public nonisolated func stream(_ prompt: String, options: GenerationOptions = GenerationOptions())
        -> AsyncThrowingStream<String, Error>
    {
        AsyncThrowingStream { continuation in
            let task = Task {
                do {
                    _ = try await generate(prompt, options: options) { continuation.yield($0) }
                    continuation.finish()
                } catch {
                    continuation.finish(throwing: error)
                }
            }
            continuation.onTermination = { _ in task.cancel() }
        }
    }

    /// Run the golden cases: prompt to ids to logits to tokens, each as it was when the model was made.
    ///
    /// Behind the prompt the case's own tokens are fed: each must be the best, or within the tolerance of it.
    /// - Throws: `ModelError.selfTest` that names the first difference, `CancellationError`.
    public func selfTest() throws -> SelfTestResult {
        let cases = try files.decoderCases()
        // less their mean, so that 0 is among them
        try files.tolerance.check([0] + cases.flatMap(\.logits))
        var largest: Float = 0
        for (index, one) in cases.enumerated() {
            try Task.checkCancellation()
            let comparison = Comparison(number: index + 1, text: one.text, tolerance: files.tolerance)
            try comparison.same(try encode(one.text), one.ids)
            session.reset()
            var row = try session.feed(one.ids)
            largest = max(largest, try Self.compare(row, one, comparison))
            for (position, token) in one.tokens.enumerated() {
                if position > 0 { row = try session.feed([one.tokens[position - 1]]) }
                try Self.compare(row, token, position, comparison, files.tolerance)
            }
        }
        return SelfTestResult(cases: cases.count, maxDifference: largest)
    }

    /// The ids of a prompt; an empty one becomes the token that begins a text.
    private func encode(_ prompt: String) throws -> [Int] {
        let ids = try tokenizer.encode(prompt).ids
        if !ids.isEmpty { return ids }
        guard let start = files.startId else {
            throw ModelError.badInput("the prompt is empty, and the model has no token that begins a text")
        }
        return [start]
    }

    private func start(_ prompt: [Int], _ options: GenerationOptions) throws -> [Float] {
        session.reset()
        if prompt.count <= session.capacity { return try session.feed(prompt) }
        if options.whenFull == .slide { return try slide(prompt, []) }
        throw ModelError.badInput("the prompt has \(prompt.count) tokens, and the context holds \(session.capacity)")
    }

    /// Forget all but the newest half of a full context and the token that begins texts, and read these again.
    private func slide(_ prompt: [Int], _ ids: [Int]) throws -> [Float] {
        session.reset()
        var newest = Array((prompt + ids).suffix(max(1, session.capacity / 2)))
        if prompt[0] == files.startId, session.capacity > 1 { newest.insert(prompt[0], at: 0) }
        return try session.feed(newest)
    }

    private func full(_ options: GenerationOptions) -> Generation.Finish? {
        options.whenFull == .stop && session.length == session.capacity ? .context : nil
    }

    private static func compare(_ row: [Float], _ one: DecoderCase, _ comparison: Comparison) throws -> Float {
        let mean = row.reduce(0) { $0 + Double($1) } / Double(row.count)
        guard one.best.allSatisfy(row.indices.contains) else {
            throw comparison.failed("its tokens are not the model's")
        }
        let found = one.best.map { Float(Double(row[$0]) - mean) }
        return try comparison.close(found, one.logits, scale: largest(row), names: one.best)
    }

    private static func compare(
        _ row: [Float], _ token: Int, _ position: Int, _ comparison: Comparison, _ tolerance: Tolerance
    ) throws {
        let found = best(of: row)
        let allowed = 2 * (tolerance.absolute + tolerance.relative * Double(largest(row)))
        if !row.indices.contains(token) || !(Double(row[found] - row[token]) <= allowed) {
            throw comparison.failed("new token \(position) is \(found), expected \(token)")
        }
    }

    private static func largest(_ row: [Float]) -> Float { row.reduce(0) { max($0, abs($1)) } }
}

/// One text in the making.
private struct Writing {
    private let options: GenerationOptions
    private let ends: Set<Int>
    private var sampler: Sampler
    private var stream: TextStream
    private var watch: StopWatch
    private(set) var ids: [Int] = []
    private(set) var finish: Generation.Finish?

    init(_ tokenizer: Tokenizer, _ prompt: [Int], _ options: GenerationOptions, ends: Set<Int>) throws {
        guard options.maxTokens > 0 else { throw ModelError.badInput("maxTokens must be at least 1") }
        try options.sampling.check()
        (self.options, self.ends) = (options, ends)
        sampler = Sampler(options.sampling)
        stream = TextStream(tokenizer, context: prompt)
        watch = StopWatch(options.stops)
    }

    /// Choose a token; the text that it completes.
    mutating func add(_ logits: [Float]) -> String {
        let token = sampler.choose(logits)
        if ends.contains(token) {
            finish = .end
            return ""
        }
        ids.append(token)
        let piece = watch.add(stream.add(token))
        finish = watch.stopped ? .stop : ids.count >= options.maxTokens ? .length : nil
        return piece
    }

    /// What was held back, when no token follows.
    mutating func rest() -> String {
        if watch.stopped { return "" }
        return watch.add(stream.end()) + watch.end()
    }
}
