// Signatures of LiteRT's Java API, to compile against; never shipped.
package org.tensorflow.lite;

import java.nio.ByteBuffer;

public final class Interpreter extends InterpreterImpl implements InterpreterApi {
    public Interpreter(ByteBuffer model, Options options) {}

    public static class Options extends InterpreterImpl.Options {
        public Options() {}

        public Options setNumThreads(int numThreads) {
            return this;
        }
    }
}
