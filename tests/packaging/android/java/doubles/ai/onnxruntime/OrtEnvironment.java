// A double of ONNX Runtime's class that pipes to a real onnxruntime.
package ai.onnxruntime;

import java.nio.ByteBuffer;

public final class OrtEnvironment implements AutoCloseable {
    private static final OrtEnvironment ONLY = new OrtEnvironment();

    private OrtEnvironment() {}

    public static OrtEnvironment getEnvironment() {
        return ONLY;
    }

    public OrtSession createSession(ByteBuffer model, OrtSession.SessionOptions options) throws OrtException {
        if (!model.isDirect()) {
            throw new IllegalArgumentException("the real class takes direct buffers only");
        }
        return new OrtSession(model, options);
    }

    public void setTelemetry(boolean sendTelemetry) throws OrtException {
        if (sendTelemetry) {
            throw new OrtException("nobody wants telemetry");
        }
    }

    @Override
    public void close() {}
}
