// Loading a model file with ONNX Runtime.
package @@ID@@.runtime;

import @@ID@@.ModelException;
import @@ID@@.bundle.Manifest;
import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtSession;
import java.nio.ByteBuffer;

/** Sessions over a model's content, on the processor. */
public final class ModelRuntime {
    private ModelRuntime() {}

    public static ClassifierSession classifier(ByteBuffer model, Manifest manifest, int threads) {
        return new OnnxClassifier(session(model, threads), manifest);
    }

    public static DecoderSession decoder(ByteBuffer model, Manifest manifest, int threads) {
        return new OnnxDecoder(session(model, threads), manifest.maxLength());
    }

    static OrtEnvironment environment() {
        return OrtEnvironment.getEnvironment();
    }

    private static OrtSession session(ByteBuffer model, int threads) {
        try (OrtSession.SessionOptions options = new OrtSession.SessionOptions()) {
            environment().setTelemetry(false);
            options.setIntraOpNumThreads(threads);
            options.setInterOpNumThreads(1);
            return environment().createSession(model, options);
        } catch (OrtException error) {
            throw failed("cannot load the model", error);
        }
    }

    static ModelException failed(String what, Exception error) {
        return new ModelException("ONNX Runtime " + what + ": " + error.getMessage(), error);
    }
}
