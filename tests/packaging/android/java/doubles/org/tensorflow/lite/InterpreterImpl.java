// A double of LiteRT's class that pipes to a real LiteRT.
package org.tensorflow.lite;

import child.Child;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.util.LinkedHashMap;
import java.util.Map;

class InterpreterImpl implements InterpreterApi {
    private final int handle;
    private boolean closed;
    private final Map<String, Map<String, TensorDouble>> inputs = new LinkedHashMap<>();
    private final Map<String, Map<String, TensorDouble>> outputs = new LinkedHashMap<>();

    InterpreterImpl(ByteBuffer model, int threads) {
        if (!model.isDirect()) {
            throw new IllegalArgumentException("the real class takes direct buffers only");
        }
        try {
            Child child = Child.get();
            child.put("load tflite");
            child.put(model);
            child.put(threads);
            check(child.ask());
            handle = child.number();
            for (int count = child.number(); count > 0; count--) {
                String key = child.text();
                inputs.put(key, tensors(child));
                outputs.put(key, tensors(child));
            }
        } catch (IOException error) {
            throw new UncheckedIOException(error);
        }
    }

    static class Options extends InterpreterApi.Options {
        int threads = 1;
    }

    private static Map<String, TensorDouble> tensors(Child child) throws IOException {
        Map<String, TensorDouble> found = new LinkedHashMap<>();
        for (int count = child.number(); count > 0; count--) {
            String name = child.text();
            DataType type = DataType.values()[child.number()];
            found.put(name, new TensorDouble(type, child.shape()));
        }
        return found;
    }

    private static void check(String answer) {
        if (!answer.equals("ok")) {
            throw new IllegalStateException(answer);
        }
    }

    @Override
    public String[] getSignatureKeys() {
        return inputs.keySet().toArray(new String[0]);
    }

    @Override
    public String[] getSignatureInputs(String signatureKey) {
        return inputs.get(signatureKey).keySet().toArray(new String[0]);
    }

    @Override
    public String[] getSignatureOutputs(String signatureKey) {
        return outputs.get(signatureKey).keySet().toArray(new String[0]);
    }

    @Override
    public Tensor getInputTensorFromSignature(String inputName, String signatureKey) {
        return inputs.get(signatureKey).get(inputName);
    }

    @Override
    public Tensor getOutputTensorFromSignature(String outputName, String signatureKey) {
        return outputs.get(signatureKey).get(outputName);
    }

    @Override
    public void runSignature(Map<String, Object> given, Map<String, Object> wanted, String signatureKey) {
        checkOpen();
        try {
            Child child = Child.get();
            child.put("run tflite");
            child.put(handle);
            child.put(signatureKey);
            child.put(given.size());
            for (Map.Entry<String, Object> input : given.entrySet()) {
                TensorDouble tensor = inputs.get(signatureKey).get(input.getKey());
                ByteBuffer content = whole((ByteBuffer) input.getValue(), tensor);
                child.put(input.getKey());
                child.putArray(tensor.dataType().ordinal(), tensor.longShape(), content);
            }
            check(child.ask());
            for (int count = child.number(); count > 0; count--) {
                String name = child.text();
                child.number();
                child.shape();
                byte[] content = child.content();
                if (wanted.get(name) != null) {
                    // as the real one does: from the buffer's position on, which moves
                    ((ByteBuffer) wanted.get(name)).put(content);
                }
            }
        } catch (IOException error) {
            throw new UncheckedIOException(error);
        }
    }

    /** As the real one copies: from the address at which the buffer begins, whatever its position. */
    private static ByteBuffer whole(ByteBuffer buffer, TensorDouble tensor) {
        if (!buffer.isDirect() || buffer.capacity() != tensor.numBytes()) {
            throw new IllegalArgumentException("a buffer of " + buffer.capacity() + " bytes for " + tensor.numBytes());
        }
        ByteBuffer whole = buffer.duplicate();
        whole.clear();
        return whole;
    }

    @Override
    public void close() {
        checkOpen();
        closed = true;
    }

    private void checkOpen() {
        if (closed) {
            throw new IllegalStateException("Internal error: The Interpreter has already been closed.");
        }
    }
}
