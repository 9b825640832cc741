// ONNX Runtime behind what this package needs of it: tensors in, tensors out, errors as one kind.

import Foundation
import OnnxRuntimeBindings
import @@PASCAL@@Core

/// A loaded model file, on the processor; for one caller at a time.
final class Session {
    private let session: ORTSession

    init(_ path: String, threads: Int) throws {
        // before ONNX Runtime is there: it sends nothing to anyone
        setenv("ORT_DISABLE_TELEMETRY", "1", 1)
        session = try Self.attempt("ONNX Runtime cannot load the model") {
            let options = try ORTSessionOptions()
            try options.setIntraOpNumThreads(Int32(threads))
            try options.setLogSeverityLevel(.error)
            // Macs with Intel's processors would add products of 8 bits in 16, which saturates
            try options.addConfigEntry(withKey: "session.x64quantprecision", value: "1")
            return try ORTSession(env: ORTEnv(loggingLevel: .error), modelPath: path, sessionOptions: options)
        }
    }

    /// The inputs of the model, those included that have a value of their own.
    func inputNames() throws -> Set<String> {
        try Self.attempt("ONNX Runtime cannot read the model") {
            Set(try session.inputNames() + session.overridableInitializerNames())
        }
    }

    /// Run once; the float32 numbers of one output.
    func run(_ inputs: [String: ORTValue], output: String) throws -> [Float] {
        try Self.attempt("ONNX Runtime failed") {
            let outputs = try session.run(withInputs: inputs, outputNames: [output], runOptions: nil)
            guard let value = outputs[output] else { throw ModelError.runtime("the model has no output \(output)") }
            guard try value.tensorTypeAndShapeInfo().elementType == .float else {
                throw ModelError.runtime("the model's \(output) is not of float32")
            }
            // the numbers belong to the value
            return try withExtendedLifetime(value) { floats(try value.tensorData()) }
        }
    }

    /// Run once, into outputs that are there already.
    func run(_ inputs: [String: ORTValue], into outputs: [String: ORTValue]) throws {
        try Self.attempt("ONNX Runtime failed") {
            try session.run(withInputs: inputs, outputs: outputs, runOptions: nil)
        }
    }

    /// A tensor of token ids or of a mask, of the type that the model's manifest names.
    static func tensor(_ values: [Int], type: String) throws -> ORTValue {
        let shape = [1, values.count] as [NSNumber]
        return try attempt("ONNX Runtime takes no tensor of \(type)") {
            switch type {
            case "int64":
                return try ORTValue(tensorData: data(values.map(Int64.init)), elementType: .int64, shape: shape)
            case "int32":
                return try ORTValue(tensorData: data(values.map(Int32.init)), elementType: .int32, shape: shape)
            default: throw ModelError.unsupported("the model takes token ids as \(type)")
            }
        }
    }

    /// What the runtime throws becomes one kind of error.
    static func attempt<Value>(_ what: String, _ work: () throws -> Value) throws -> Value {
        do {
            return try work()
        } catch let error as ModelError {
            throw error
        } catch {
            throw ModelError.runtime("\(what): \(error.localizedDescription)")
        }
    }
}

/// Numbers as memory that a tensor can lie in.
func data<Number>(_ values: [Number]) -> NSMutableData {
    values.withUnsafeBytes { NSMutableData(bytes: $0.baseAddress, length: $0.count) }
}

/// The float32 numbers of a tensor's memory.
func floats(_ data: NSMutableData) -> [Float] {
    Array(UnsafeRawBufferPointer(start: data.bytes, count: data.length).bindMemory(to: Float.self))
}
