// swift-tools-version: 5.9
// A stand-in for ONNX Runtime's Swift package where there is no Apple system: the same names on the C functions.

import PackageDescription

let package = Package(
    name: "onnxruntime",
    products: [
        .library(name: "onnxruntime", type: .static, targets: ["OnnxRuntimeBindings"])
    ],
    targets: [
        .target(name: "COnnxRuntime", linkerSettings: [.linkedLibrary("dl")]),
        .target(name: "OnnxRuntimeBindings", dependencies: ["COnnxRuntime"]),
    ]
)
