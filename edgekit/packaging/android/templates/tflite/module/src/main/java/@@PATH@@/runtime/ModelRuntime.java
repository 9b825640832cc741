// Loading a model file with LiteRT.
package @@ID@@.runtime;

import @@ID@@.ModelException;
import @@ID@@.bundle.Manifest;
import java.nio.ByteBuffer;
import org.tensorflow.lite.Interpreter;

/** Sessions over a model's content, on the processor. */
public final class ModelRuntime {
    private ModelRuntime() {}

    public static ClassifierSession classifier(ByteBuffer model, Manifest manifest, int threads) {
        Interpreter interpreter = interpreter(model, threads);
        try {
            return new TfliteClassifier(interpreter, manifest);
        } catch (ModelException refused) {
            interpreter.close();
            throw refused;
        }
    }

    public static DecoderSession decoder(ByteBuffer model, Manifest manifest, int threads) {
        Interpreter interpreter = interpreter(model, threads);
        try {
            return new TfliteDecoder(interpreter, manifest.maxLength());
        } catch (ModelException refused) {
            interpreter.close();
            throw refused;
        }
    }

    private static Interpreter interpreter(ByteBuffer model, int threads) {
        try {
            return new Interpreter(model, new Interpreter.Options().setNumThreads(threads));
        } catch (IllegalArgumentException | IllegalStateException error) {
            throw failed("cannot load the model", error);
        }
    }

    static ModelException failed(String what, Exception error) {
        return new ModelException("LiteRT " + what + ": " + error.getMessage(), error);
    }
}
