// swift-tools-version: 5.9
// @@NAME@@ @@VERSION@@: a text model with its tokenizer, for apps.

import PackageDescription

let package = Package(
    name: "@@NAME@@",
    // the oldest systems that ONNX Runtime's own package takes
    platforms: [.iOS(.v15), .macOS(.v14)],
    products: [
        .library(name: "@@PASCAL@@", targets: ["@@PASCAL@@"])
    ],
    dependencies: [
        .package(url: "https://github.com/microsoft/@@APPLE_PACKAGE@@", from: "@@APPLE_RUNTIME@@")
    ],
    targets: [
        // the tokenizer and the model's files; needs nothing but Foundation
        .target(name: "@@PASCAL@@Core", resources: [.copy("Model")]),
        .target(
            name: "@@PASCAL@@",
            dependencies: [
                "@@PASCAL@@Core",
                .product(name: "onnxruntime", package: "@@APPLE_PACKAGE@@"),
            ]),
        .testTarget(name: "@@PASCAL@@CoreTests", dependencies: ["@@PASCAL@@Core"]),
        .testTarget(name: "@@PASCAL@@Tests", dependencies: ["@@PASCAL@@", "@@PASCAL@@Core"]),
    ]
)
