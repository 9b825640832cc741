// Signatures of ONNX Runtime's Java API, to compile against; never shipped.
package ai.onnxruntime;

import java.nio.ByteBuffer;

public final class OrtEnvironment implements AutoCloseable {
    private OrtEnvironment() {}

    public static OrtEnvironment getEnvironment() {
        throw new UnsupportedOperationException();
    }

    public OrtSession createSession(ByteBuffer model, OrtSession.SessionOptions options) throws OrtException {
        throw new UnsupportedOperationException();
    }

    public void setTelemetry(boolean sendTelemetry) throws OrtException {}

    @Override
    public void close() {}
}
