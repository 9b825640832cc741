// Signatures of ONNX Runtime's Java API, to compile against; never shipped.
package ai.onnxruntime;

public class TensorInfo implements ValueInfo {
    public final OnnxJavaType type;

    TensorInfo(OnnxJavaType type) {
        this.type = type;
    }

    public long[] getShape() {
        throw new UnsupportedOperationException();
    }
}
