"""The runtimes that packages are made for, each with its version: what build files and READMEs say comes from here."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class PackageRuntime:
    """A library that runs a model in an app, by its name in the registry that it is fetched from."""

    package: str
    version: str

    def __str__(self) -> str:
        return f"{self.package} {self.version}"


@dataclass(frozen=True)
class MavenRuntime:
    """One for Android: its name, its Maven coordinates, its licence and its Java package."""

    name: str
    group: str
    artifact: str
    version: str
    licence: str
    java_package: str

    @property
    def coordinates(self) -> str:
        """As a Gradle file has it."""
        return f"{self.group}:{self.artifact}:{self.version}"

    def __str__(self) -> str:
        return f"{self.name} {self.version}"


WEB = PackageRuntime("onnxruntime-web", "1.30.0")
NODE = PackageRuntime("onnxruntime-node", "1.30.0")
# MB that a page fetches of that version: its WebAssembly, and the same as gzip makes it
WASM_MB, WASM_GZIP_MB = 14.2, 3.7
REACT_NATIVE = PackageRuntime("onnxruntime-react-native", "1.24.3")
# the oldest that Swift may choose
APPLE = PackageRuntime("onnxruntime-swift-package-manager", "1.24.2")
ANDROID = {
    "onnx": MavenRuntime(
        "ONNX Runtime", "com.microsoft.onnxruntime", "onnxruntime-android", "1.29.0", "MIT", "ai.onnxruntime"
    ),
    # of LiteRT 2.1 it is known that it has the Interpreter of TensorFlow Lite
    "tflite": MavenRuntime(
        "LiteRT", "com.google.ai.edge.litert", "litert", "2.1.5", "Apache-2.0", "org.tensorflow.lite"
    ),
}
# for which both of them bring machine code
ANDROID_ABIS = ("arm64-v8a", "armeabi-v7a", "x86", "x86_64")
# what builds the Android package: the Gradle plugin with its Gradle, and those of before Kotlin was built in
ANDROID_PLUGIN, GRADLE = "9.3.0", "9.5"
OLDER_ANDROID_PLUGIN, OLDER_GRADLE, OLDER_KOTLIN = "8.13.2", "8.14", "2.3.21"
BUILD_VALUES = {
    "ANDROID_PLUGIN": ANDROID_PLUGIN,
    "ANDROID_PLUGIN_SHORT": ANDROID_PLUGIN.rpartition(".")[0],
    "GRADLE": GRADLE,
    "OLDER_ANDROID_PLUGIN": OLDER_ANDROID_PLUGIN,
    "OLDER_ANDROID_PLUGIN_SHORT": OLDER_ANDROID_PLUGIN.rpartition(".")[0],
    "OLDER_GRADLE": OLDER_GRADLE,
    "OLDER_KOTLIN": OLDER_KOTLIN,
}
