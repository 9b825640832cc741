// A double of LiteRT's class that pipes to a real LiteRT.
package org.tensorflow.lite;

import java.nio.ByteBuffer;

public final class Interpreter extends InterpreterImpl implements InterpreterApi {
    public Interpreter(ByteBuffer model, Options options) {
        super(model, options.threads);
    }

    public static class Options extends InterpreterImpl.Options {
        public Options() {}

        public Options setNumThreads(int numThreads) {
            threads = numThreads;
            return this;
        }
    }
}
