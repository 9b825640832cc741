// Signatures of ONNX Runtime's Java API, to compile against; never shipped.
package ai.onnxruntime;

public class NodeInfo {
    NodeInfo() {}

    public ValueInfo getInfo() {
        throw new UnsupportedOperationException();
    }
}
