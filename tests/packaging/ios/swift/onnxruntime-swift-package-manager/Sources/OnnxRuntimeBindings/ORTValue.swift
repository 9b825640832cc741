// Tensors: objectivec/include/ort_value.h, as Swift sees it, as far as it is used.

import COnnxRuntime
import Foundation

public class ORTTensorTypeAndShapeInfo {
    public var elementType = ORTTensorElementDataType.undefined
    public var shape: [NSNumber] = []
}

public class ORTValue {
    let pointer: OpaquePointer
    private let memory: NSMutableData?

    public init(tensorData: NSMutableData, elementType: ORTTensorElementDataType, shape: [NSNumber]) throws {
        let api = try api()
        var (info, value): (OpaquePointer?, OpaquePointer?)
        try check(api.CreateCpuMemoryInfo(OrtDeviceAllocator, OrtMemTypeCPU, &info))
        defer { api.ReleaseMemoryInfo(info) }
        let sizes = shape.map(\.int64Value)
        try check(
            api.CreateTensorWithDataAsOrtValue(
                info, tensorData.mutableBytes, tensorData.length, sizes, sizes.count, elementType.native, &value))
        (pointer, memory) = (value!, tensorData)
    }

    init(_ pointer: OpaquePointer) { (self.pointer, memory) = (pointer, nil) }

    deinit { try? api().ReleaseValue(pointer) }

    public func tensorTypeAndShapeInfo() throws -> ORTTensorTypeAndShapeInfo {
        let api = try api()
        var info: OpaquePointer?
        try check(api.GetTensorTypeAndShape(pointer, &info))
        defer { api.ReleaseTensorTypeAndShapeInfo(info) }
        var (type, count) = (ONNX_TENSOR_ELEMENT_DATA_TYPE_UNDEFINED, 0)
        try check(api.GetTensorElementType(info, &type))
        try check(api.GetDimensionsCount(info, &count))
        var sizes = [Int64](repeating: 0, count: count)
        try check(api.GetDimensions(info, &sizes, count))
        let made = ORTTensorTypeAndShapeInfo()
        let known: [ORTTensorElementDataType] = [.float, .int32, .int64]
        made.elementType = known.first { $0.native == type } ?? .undefined
        made.shape = sizes.map { NSNumber(value: $0) }
        return made
    }

    public func tensorData() throws -> NSMutableData {
        var bytes: UnsafeMutableRawPointer?
        try check(try api().GetTensorMutableData(pointer, &bytes))
        let info = try tensorTypeAndShapeInfo()
        let count = info.shape.reduce(1) { $0 * $1.intValue } * (info.elementType == .int64 ? 8 : 4)
        return NSMutableData(bytesNoCopy: bytes!, length: count, freeWhenDone: false)
    }
}
