// As a view uses the package, on the main actor, in the language mode of Swift 6: view CLASSIFIER GENERATOR
//
// It removes both folders when their models are loaded.

import DemoModel
import Foundation

struct Failed: Error { let what: String }

@MainActor
final class Screen {
    private var classifier: Classifier?
    private(set) var logits: [Float] = []
    private(set) var story = ""

    func read(_ text: String, from folder: URL) async throws {
        let classifier = try await Classifier.load(from: folder)
        _ = try await classifier.selfTest()
        logits = try await classifier.classify(text).logits
        self.classifier = classifier
    }

    func write(_ prompt: String, from folder: URL) async throws {
        let generator = try await Generator.load(from: folder)
        _ = try await generator.selfTest()
        let options = GenerationOptions(maxTokens: 20)
        for try await piece in generator.stream(prompt, options: options) { story += piece }
        let made = try await generator.generate(prompt, options: options) { _ in
            if Thread.isMainThread { fatalError("the main thread writes") }
        }
        guard made.text == story else { throw Failed(what: "\(made.text) is not \(story)") }
    }
}

/// A view that goes while its model loads, runs or waits: what it asked for ends as cancelled.
func cancelled<Value: Sendable>(_ what: String, _ work: @escaping @Sendable () async throws -> Value) async throws {
    let task = Task {
        // else it could have ended before it is cancelled
        while !Task.isCancelled { await Task.yield() }
        return try await work()
    }
    task.cancel()
    do {
        _ = try await task.value
        throw Failed(what: "\(what) went on")
    } catch is CancellationError {}
}

let folders = CommandLine.arguments.dropFirst().map { URL(fileURLWithPath: $0) }
let screen = Screen()
try await screen.read("turn the lights off", from: folders[0])
try await screen.write("once upon", from: folders[1])
try await cancelled("loading a classifier") { try await Classifier.load(from: folders[0]) }
try await cancelled("loading a generator") { try await Generator.load(from: folders[1]) }
let classifier = try await Classifier.load(from: folders[0])
let generator = try await Generator.load(from: folders[1])
// no file is looked for any more
for folder in folders { try FileManager.default.removeItem(at: folder) }
_ = try await classifier.selfTest()
_ = try await generator.selfTest()
try await cancelled("a classifier's self-test") { try await classifier.selfTest() }
try await cancelled("a generator's self-test") { try await generator.selfTest() }
try await cancelled("generating") { try await generator.generate("once upon") }
print(screen.logits.count, screen.story)
