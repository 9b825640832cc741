// Signatures of ONNX Runtime's Java API, to compile against; never shipped.
package ai.onnxruntime;

public abstract class OnnxTensorLike implements OnnxValue {
    OnnxTensorLike() {}
}
