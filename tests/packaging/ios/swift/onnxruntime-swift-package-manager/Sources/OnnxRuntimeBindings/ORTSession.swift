// Sessions: objectivec/include/ort_env.h and ort_session.h, as Swift sees them, as far as they are used.

import COnnxRuntime
import Foundation

public class ORTEnv {
    let pointer: OpaquePointer

    public init(loggingLevel: ORTLoggingLevel) throws {
        var found: OpaquePointer?
        try check(try api().CreateEnv(OrtLoggingLevel(UInt32(loggingLevel.rawValue)), "edgekit", &found))
        pointer = found!
    }

    deinit { try? api().ReleaseEnv(pointer) }
}

public class ORTSessionOptions {
    let pointer: OpaquePointer

    public init() throws {
        var found: OpaquePointer?
        try check(try api().CreateSessionOptions(&found))
        pointer = found!
    }

    deinit { try? api().ReleaseSessionOptions(pointer) }

    public func setIntraOpNumThreads(_ intraOpNumThreads: Int32) throws {
        try check(try api().SetIntraOpNumThreads(pointer, intraOpNumThreads))
    }

    public func setLogSeverityLevel(_ loggingLevel: ORTLoggingLevel) throws {
        try check(try api().SetSessionLogSeverityLevel(pointer, loggingLevel.rawValue))
    }

    public func addConfigEntry(withKey key: String, value: String) throws {
        try check(try api().AddSessionConfigEntry(pointer, key, value))
    }
}

public class ORTRunOptions {}

public class ORTSession {
    private let pointer: OpaquePointer
    private let env: ORTEnv

    public init(env: ORTEnv, modelPath path: String, sessionOptions: ORTSessionOptions?) throws {
        var found: OpaquePointer?
        try check(try api().CreateSession(env.pointer, path, sessionOptions?.pointer, &found))
        (pointer, self.env) = (found!, env)
    }

    deinit { try? api().ReleaseSession(pointer) }

    public func run(
        withInputs inputs: [String: ORTValue], outputs: [String: ORTValue], runOptions: ORTRunOptions?
    ) throws {
        let names = Array(outputs.keys)
        _ = try run(inputs, names, names.map { outputs[$0]!.pointer })
    }

    public func run(
        withInputs inputs: [String: ORTValue], outputNames: Set<String>, runOptions: ORTRunOptions?
    ) throws -> [String: ORTValue] {
        let names = Array(outputNames)
        let values = try run(inputs, names, names.map { _ in nil })
        return Dictionary(uniqueKeysWithValues: zip(names, values.map { ORTValue($0!) }))
    }

    public func inputNames() throws -> [String] {
        let api = try api()
        return try names(api.SessionGetInputCount, api.SessionGetInputName)
    }

    public func overridableInitializerNames() throws -> [String] {
        let api = try api()
        return try names(api.SessionGetOverridableInitializerCount, api.SessionGetOverridableInitializerName)
    }

    private func run(_ inputs: [String: ORTValue], _ outputs: [String], _ given: [OpaquePointer?]) throws
        -> [OpaquePointer?]
    {
        let inputNames = Array(inputs.keys)
        let inputCopies = inputNames.map { strdup($0) }
        let outputCopies = outputs.map { strdup($0) }
        defer { (inputCopies + outputCopies).forEach { free($0) } }
        let values: [OpaquePointer?] = inputNames.map { inputs[$0]!.pointer }
        var found = given
        try check(
            try api().Run(
                pointer, nil, inputCopies.map { UnsafePointer($0) }, values, values.count,
                outputCopies.map { UnsafePointer($0) }, outputs.count, &found))
        return found
    }

    private func names(
        _ count: (OpaquePointer?, UnsafeMutablePointer<Int>?) -> Status?,
        _ name: (
            OpaquePointer?, Int, UnsafeMutablePointer<OrtAllocator>?,
            UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>?
        ) -> Status?
    ) throws -> [String] {
        var (total, allocator): (Int, UnsafeMutablePointer<OrtAllocator>?) = (0, nil)
        try check(count(pointer, &total))
        try check(try api().GetAllocatorWithDefaultOptions(&allocator))
        return try (0..<total).map { index in
            var text: UnsafeMutablePointer<CChar>?
            try check(name(pointer, index, allocator, &text))
            defer { allocator!.pointee.Free(allocator, text) }
            return String(cString: text!)
        }
    }
}
