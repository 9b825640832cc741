// Signatures of ONNX Runtime's Java API, to compile against; never shipped.
package ai.onnxruntime;

public enum OnnxJavaType {
    FLOAT,
    INT32,
    INT64
}
