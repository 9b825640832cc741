// The tokenizer gives the ids of the golden cases; changed files are refused.

import XCTest
import @@PASCAL@@Core

final class GoldenTokenTests: XCTestCase {
    func testTheTokenizerGivesTheIdsOfTheGoldenCases() throws {
        let files = try ModelFiles(folder: PackagedModel.folder)
        switch files.task {
        case .classification:
            let tokenizer = try Tokenizer(try files.data("tokenizer.json"), maxLength: files.maxLength)
            for one in try files.goldenCases() {
                XCTAssertEqual(try tokenizer.encode(one.text, pair: one.pair).ids, one.ids, one.text)
            }
        case .generation:
            let tokenizer = try Tokenizer(try files.data("tokenizer.json"), decodes: true)
            for one in try files.decoderCases() where !one.text.isEmpty {
                XCTAssertEqual(try tokenizer.encode(one.text).ids, one.ids, one.text)
            }
        }
    }

    func testAChangedFileIsRefused() throws {
        let copy = try changedCopy { $0.append(UInt8(ascii: " ")) }
        defer { try? FileManager.default.removeItem(at: copy) }
        XCTAssertThrowsError(try ModelFiles(folder: copy)) { error in
            XCTAssertTrue(error.localizedDescription.contains("tokenizer.json is not the file"), "\(error)")
        }
    }

    func testAnUnknownPartIsRefusedByName() {
        let expression = #""Split", "pattern": {"Regex": "\\h+"}, "behavior": "Isolated""#
        for (part, kind, said) in [
            ("model", #""Markov", "vocab": {"a": 0}"#, "Markov"), ("normalizer", #""Nmt""#, "Nmt"),
            ("pre_tokenizer", #""UnicodeScripts""#, "UnicodeScripts"), ("post_processor", #""Other""#, "Other"),
            ("pre_tokenizer", expression, #"\h of the expression \h+"#),
        ] {
            let model = part == "model" ? "" : #""model": {"type": "WordLevel", "vocab": {"a": 0}}, "#
            let file = Data("{\(model)\"\(part)\": {\"type\": \(kind)}}".utf8)
            XCTAssertThrowsError(try Tokenizer(file)) { error in
                XCTAssertTrue(error.localizedDescription.contains(said), "\(error)")
            }
        }
    }

    private func changedCopy(_ change: (inout Data) -> Void) throws -> URL {
        let copy = FileManager.default.temporaryDirectory.appendingPathComponent(UUID().uuidString)
        try FileManager.default.copyItem(at: PackagedModel.folder, to: copy)
        let file = copy.appendingPathComponent("tokenizer.json")
        var data = try Data(contentsOf: file)
        change(&data)
        try FileManager.default.removeItem(at: file)
        try data.write(to: file)
        return copy
    }
}
