// Signatures of ONNX Runtime's Java API, to compile against; never shipped.
package ai.onnxruntime;

public class OrtException extends Exception {
    private static final long serialVersionUID = 1L;

    public OrtException(String message) {
        super(message);
    }
}
