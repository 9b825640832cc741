// Loading a model file with ONNX Runtime.
package @@ID@@.runtime;

import @@ID@@.ModelException;
import @@ID@@.bundle.Manifest;
import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtLoggingLevel;
import ai.onnxruntime.OrtSession;
import java.nio.ByteBuffer;

/** Sessions over a model's content, on the processor. */
public final class ModelRuntime {
    private ModelRuntime() {}

    public static ClassifierSession classifier(ByteBuffer model, Manifest manifest, int threads) {
        OrtSession session = session(model, threads);
        try {
            return new OnnxClassifier(session, manifest);
        } catch (ModelException refused) {
            close(session);
            throw refused;
        }
    }

    public static DecoderSession decoder(ByteBuffer model, Manifest manifest, int threads) {
        OrtSession session = session(model, threads);
        try {
            return new OnnxDecoder(session, manifest.maxLength());
        } catch (ModelException refused) {
            close(session);
            throw refused;
        }
    }

    static OrtEnvironment environment() {
        return OrtEnvironment.getEnvironment();
    }

    private static OrtSession session(ByteBuffer model, int threads) {
        try (OrtSession.SessionOptions options = new OrtSession.SessionOptions()) {
            environment().setTelemetry(false);
            options.setIntraOpNumThreads(threads);
            options.setInterOpNumThreads(1);
            // a decoder's optional input has a value of its own, of which every load would warn in the app's log
            options.setSessionLogLevel(OrtLoggingLevel.ORT_LOGGING_LEVEL_ERROR);
            // an emulator's x86-64 processor may add products of 8 bits in 16, which saturates
            options.addConfigEntry("session.x64quantprecision", "1");
            return environment().createSession(model, options);
        } catch (OrtException error) {
            throw failed("cannot load the model", error);
        }
    }

    static void close(OrtSession session) {
        try {
            session.close();
        } catch (OrtException error) {
            throw failed("cannot close the model", error);
        }
    }

    static ModelException failed(String what, Exception error) {
        return new ModelException("ONNX Runtime " + what + ": " + error.getMessage(), error);
    }
}
