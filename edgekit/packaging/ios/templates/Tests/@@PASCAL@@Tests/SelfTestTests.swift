// The whole way: text to ids to logits to labels or tokens, on the device that runs the tests.

import XCTest
import @@PASCAL@@
import @@PASCAL@@Core

final class SelfTestTests: XCTestCase {
    func testTheGoldenCasesComeOutAsTheyDidWhenTheModelWasMade() async throws {
        switch try ModelFiles(folder: PackagedModel.folder).task {
        case .classification:
            let result = try await Classifier.load().selfTest()
            XCTAssertGreaterThan(result.cases, 0)
        case .generation:
            let result = try await Generator.load().selfTest()
            XCTAssertGreaterThan(result.cases, 0)
        }
    }

    func testAModelForAnotherTaskIsRefused() async throws {
        let task = try ModelFiles(folder: PackagedModel.folder).task
        do {
            if task == .classification { _ = try await Generator.load() } else { _ = try await Classifier.load() }
            XCTFail("it was loaded")
        } catch ModelError.wrongTask {
        }
    }
}
