// Signatures of ONNX Runtime's Java API, to compile against; never shipped.
package ai.onnxruntime;

public interface OnnxValue extends AutoCloseable {
    @Override
    void close();
}
