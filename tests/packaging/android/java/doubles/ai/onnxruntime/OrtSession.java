// A double of ONNX Runtime's class that pipes to a real onnxruntime.
package ai.onnxruntime;

import child.Child;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;

public class OrtSession implements AutoCloseable {
    private final int handle;
    private final Map<String, NodeInfo> inputs;
    private final Map<String, NodeInfo> outputs;
    private final AtomicInteger running = new AtomicInteger();
    private volatile boolean closed;

    OrtSession(ByteBuffer model, SessionOptions options) throws OrtException {
        Watch.opens();
        try {
            Child child = Child.get();
            synchronized (child) {
                child.put("load onnx");
                child.put(model);
                child.put(options.threads);
                child.put(options.logLevel.ordinal());
                child.put(options.entries.size());
                for (Map.Entry<String, String> entry : options.entries.entrySet()) {
                    child.put(entry.getKey());
                    child.put(entry.getValue());
                }
                check(child.ask());
                handle = child.number();
                inputs = nodes(child);
                outputs = nodes(child);
            }
        } catch (IOException error) {
            throw new UncheckedIOException(error);
        }
    }

    private static Map<String, NodeInfo> nodes(Child child) throws IOException {
        Map<String, NodeInfo> found = new LinkedHashMap<>();
        for (int count = child.number(); count > 0; count--) {
            String name = child.text();
            OnnxJavaType type = OnnxJavaType.values()[child.number()];
            found.put(name, new NodeInfo(new TensorInfo(child.shape(), type)));
        }
        return found;
    }

    private static void check(String answer) throws OrtException {
        if (!answer.equals("ok")) {
            throw new OrtException(answer);
        }
    }

    public Map<String, NodeInfo> getInputInfo() throws OrtException {
        return inputs;
    }

    public Map<String, NodeInfo> getOutputInfo() throws OrtException {
        return outputs;
    }

    public Result run(Map<String, ? extends OnnxTensorLike> given) throws OrtException {
        return run(given, outputs.keySet(), Collections.<String, OnnxValue>emptyMap());
    }

    public Result run(
            Map<String, ? extends OnnxTensorLike> given,
            Set<String> requestedOutputs,
            Map<String, ? extends OnnxValue> pinnedOutputs)
            throws OrtException {
        if (closed || requestedOutputs.size() + pinnedOutputs.size() > outputs.size()) {
            throw new IllegalStateException("a closed session, or more outputs than there are");
        }
        for (String name : given.keySet()) {
            if (!inputs.containsKey(name)) {
                throw new OrtException("Unknown input name " + name);
            }
        }
        running.incrementAndGet();
        try {
            Watch.runs();
            synchronized (Child.get()) {
                return ask(given, requestedOutputs, pinnedOutputs);
            }
        } catch (IOException error) {
            throw new UncheckedIOException(error);
        } finally {
            running.decrementAndGet();
        }
    }

    private Result ask(
            Map<String, ? extends OnnxTensorLike> given, Set<String> wanted, Map<String, ? extends OnnxValue> pinned)
            throws IOException, OrtException {
        Child child = Child.get();
        Map<OnnxValue, Integer> numbers = new IdentityHashMap<>();
        List<OnnxTensor> tensors = new ArrayList<>();
        number(given.values(), numbers, tensors);
        number(pinned.values(), numbers, tensors);
        child.put("run onnx");
        child.put(handle);
        child.put(tensors.size());
        for (OnnxTensor tensor : tensors) {
            child.put(numbers.get(tensor));
            child.putArray(tensor.type.ordinal(), tensor.shape, tensor.content());
        }
        putNamed(child, given, numbers);
        putNamed(child, pinned, numbers);
        child.put(wanted.size());
        for (String name : wanted) {
            child.put(name);
        }
        check(child.ask());
        for (OnnxValue value : pinned.values()) {
            ((OnnxTensor) value).write(read(child).content());
        }
        List<OnnxValue> found = new ArrayList<>();
        for (int count = wanted.size(); count > 0; count--) {
            found.add(read(child));
        }
        return new Result(found);
    }

    private static void number(
            Iterable<? extends OnnxValue> values, Map<OnnxValue, Integer> numbers, List<OnnxTensor> tensors) {
        for (OnnxValue value : values) {
            if (!numbers.containsKey(value)) {
                numbers.put(value, tensors.size());
                tensors.add((OnnxTensor) value);
            }
        }
    }

    private static void putNamed(Child child, Map<String, ? extends OnnxValue> named, Map<OnnxValue, Integer> numbers)
            throws IOException {
        child.put(named.size());
        for (Map.Entry<String, ? extends OnnxValue> entry : named.entrySet()) {
            child.put(entry.getKey());
            child.put(numbers.get(entry.getValue()));
        }
    }

    private static OnnxTensor read(Child child) throws IOException {
        OnnxJavaType type = OnnxJavaType.values()[child.number()];
        long[] shape = child.shape();
        return new OnnxTensor(type, shape, ByteBuffer.wrap(child.content()).order(ByteOrder.nativeOrder()));
    }

    @Override
    public void close() throws OrtException {
        if (closed) {
            throw new IllegalStateException("Trying to close an already closed OrtSession.");
        }
        if (running.get() > 0) {
            throw new AssertionError("a session is closed while it runs");
        }
        closed = true;
        Watch.closes();
    }

    public static class SessionOptions implements AutoCloseable {
        int threads = 1;
        final Map<String, String> entries = new LinkedHashMap<>();
        OrtLoggingLevel logLevel = OrtLoggingLevel.ORT_LOGGING_LEVEL_WARNING;

        public SessionOptions() {}

        public void setIntraOpNumThreads(int numThreads) throws OrtException {
            threads = numThreads;
        }

        public void setInterOpNumThreads(int numThreads) throws OrtException {}

        public void setSessionLogLevel(OrtLoggingLevel logLevel) throws OrtException {
            this.logLevel = logLevel;
        }

        public void addConfigEntry(String configKey, String configValue) throws OrtException {
            entries.put(configKey, configValue);
        }

        @Override
        public void close() {}
    }

    public static class Result implements AutoCloseable {
        private final List<OnnxValue> values;

        Result(List<OnnxValue> values) {
            this.values = values;
        }

        public OnnxValue get(int index) {
            return values.get(index);
        }

        @Override
        public void close() {
            for (OnnxValue value : values) {
                value.close();
            }
        }
    }
}
