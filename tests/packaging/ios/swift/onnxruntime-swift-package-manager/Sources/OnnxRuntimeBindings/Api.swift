// The C functions, and their errors as the Objective-C classes throw them.

import COnnxRuntime
import Foundation

typealias Status = OpaquePointer

func api() throws -> OrtApi {
    guard let found = opened_onnxruntime() else { throw failure("EDGEKIT_ONNXRUNTIME names no library") }
    return found.pointee
}

func check(_ status: Status?) throws {
    guard let status else { return }
    let api = try api()
    let text = String(cString: api.GetErrorMessage(status)!)
    api.ReleaseStatus(status)
    throw failure(text)
}

func failure(_ text: String) -> NSError {
    NSError(domain: "onnxruntime", code: 1, userInfo: [NSLocalizedDescriptionKey: text])
}

public enum ORTLoggingLevel: Int32 {
    case verbose, info, warning, error, fatal
}

public enum ORTTensorElementDataType: Int32 {
    case undefined, float, int8, uInt8, int32, uInt32, int64, uInt64, string

    var native: ONNXTensorElementDataType {
        switch self {
        case .float: return ONNX_TENSOR_ELEMENT_DATA_TYPE_FLOAT
        case .int32: return ONNX_TENSOR_ELEMENT_DATA_TYPE_INT32
        case .int64: return ONNX_TENSOR_ELEMENT_DATA_TYPE_INT64
        default: return ONNX_TENSOR_ELEMENT_DATA_TYPE_UNDEFINED
        }
    }
}
