// A double of ONNX Runtime's class.
package ai.onnxruntime;

public class TensorInfo implements ValueInfo {
    public final OnnxJavaType type;
    private final long[] shape;

    TensorInfo(long[] shape, OnnxJavaType type) {
        this.shape = shape;
        this.type = type;
    }

    public long[] getShape() {
        return shape.clone();
    }
}
