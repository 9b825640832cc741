// swift-tools-version: 5.9
// The tokenizer of the package for iOS as a program for the comparison with Hugging Face tokenizers.

import PackageDescription

let package = Package(
    name: "tokenize",
    targets: [
        .target(name: "PackageCore"),
        .executableTarget(name: "tokenize", dependencies: ["PackageCore"]),
    ]
)
