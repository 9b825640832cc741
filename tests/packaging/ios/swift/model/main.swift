// A model's folder through the package's classes: model selftest|classify|generate|abandon FOLDER [OPTIONS]
//
// classify reads a JSON text or an array of a text and its pair a line, and writes the prediction of each as JSON;
// generate reads prompts and writes what it made of each; abandon stops reading a stream after one piece, cancels a
// text and then writes a whole one. Errors go to stderr as their sentence.

import DemoModel
import Foundation

struct Failed: Error {}

func write(_ value: Any) throws {
    let data = try JSONSerialization.data(withJSONObject: value, options: .fragmentsAllowed)
    print(String(decoding: data, as: UTF8.self))
}

func lines() throws -> [Any] {
    var found: [Any] = []
    while let line = readLine() {
        found.append(try JSONSerialization.jsonObject(with: Data(line.utf8), options: .fragmentsAllowed))
    }
    return found
}

func options(_ text: String) throws -> GenerationOptions {
    let given = try JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any] ?? [:]
    let sampling = Sampling(
        temperature: given["temperature"] as? Double ?? 0, topK: given["topK"] as? Int ?? 0,
        topP: given["topP"] as? Double ?? 1, seed: (given["seed"] as? Int).map { UInt64($0) } ?? 0)
    return GenerationOptions(
        maxTokens: given["maxTokens"] as? Int ?? 256, sampling: sampling, stops: given["stops"] as? [String] ?? [],
        whenFull: given["slide"] as? Bool == true ? .slide : .stop)
}

func selfTest(_ folder: URL, decoder: Bool) async throws {
    let result =
        decoder
        ? try await Generator.load(from: folder).selfTest() : try await Classifier.load(from: folder).selfTest()
    try write(["cases": result.cases, "maxDifference": result.maxDifference])
}

func classify(_ folder: URL) async throws {
    let classifier = try await Classifier.load(from: folder)
    for line in try lines() {
        let texts = line as? [String] ?? [line as? String ?? ""]
        let found = try await classifier.classify(texts[0], pair: texts.count > 1 ? texts[1] : nil)
        try write(fields(found))
    }
}

/// What came in pieces, from wherever they are given.
final class Pieces: @unchecked Sendable {
    var all: [String] = []
}

func generate(_ folder: URL, _ text: String) async throws {
    let generator = try await Generator.load(from: folder)
    let options = try options(text)
    for line in try lines() {
        let prompt = line as? String ?? ""
        let pieces = Pieces()
        let made = try await generator.generate(prompt, options: options) { pieces.all.append($0) }
        var streamed: [String] = []
        for try await piece in generator.stream(prompt, options: options) { streamed.append(piece) }
        guard streamed == pieces.all else { throw Failed() }
        try write(["text": made.text, "ids": made.ids, "finish": "\(made.finish)", "pieces": pieces.all])
    }
}

func abandon(_ folder: URL) async throws {
    let generator = try await Generator.load(from: folder)
    for try await _ in generator.stream("once upon") { break }
    let task = Task { try await generator.generate("the fox", options: GenerationOptions(whenFull: .slide)) }
    task.cancel()
    do {
        _ = try await task.value
        throw Failed()
    } catch is CancellationError {}
    try write(try await generator.generate("once upon", options: GenerationOptions(maxTokens: 5)).ids)
}

let arguments = Array(CommandLine.arguments.dropFirst())
let folder = URL(fileURLWithPath: arguments[1])
do {
    switch arguments[0] {
    case "selftest": try await selfTest(folder, decoder: arguments.last == "decoder")
    case "classify": try await classify(folder)
    case "generate": try await generate(folder, arguments[2])
    default: try await abandon(folder)
    }
} catch {
    FileHandle.standardError.write(Data("\(error.localizedDescription)\n".utf8))
    exit(2)
}
