// Signatures of ONNX Runtime's Java API, to compile against; never shipped.
package ai.onnxruntime;

import java.util.Map;
import java.util.Set;

public class OrtSession implements AutoCloseable {
    OrtSession() {}

    public Map<String, NodeInfo> getInputInfo() throws OrtException {
        throw new UnsupportedOperationException();
    }

    public Map<String, NodeInfo> getOutputInfo() throws OrtException {
        throw new UnsupportedOperationException();
    }

    public Result run(Map<String, ? extends OnnxTensorLike> inputs) throws OrtException {
        throw new UnsupportedOperationException();
    }

    public Result run(
            Map<String, ? extends OnnxTensorLike> inputs,
            Set<String> requestedOutputs,
            Map<String, ? extends OnnxValue> pinnedOutputs)
            throws OrtException {
        throw new UnsupportedOperationException();
    }

    @Override
    public void close() throws OrtException {}

    public static class SessionOptions implements AutoCloseable {
        public SessionOptions() {}

        public void setIntraOpNumThreads(int numThreads) throws OrtException {}

        public void setInterOpNumThreads(int numThreads) throws OrtException {}

        public void setSessionLogLevel(OrtLoggingLevel logLevel) throws OrtException {}

        public void addConfigEntry(String configKey, String configValue) throws OrtException {}

        @Override
        public void close() {}
    }

    public static class Result implements AutoCloseable {
        Result() {}

        public OnnxValue get(int index) {
            throw new UnsupportedOperationException();
        }

        @Override
        public void close() {}
    }
}
