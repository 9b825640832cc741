// A decoder in an ONNX file: its cache lies in fixed buffers that every run reads and writes in place.
package @@ID@@.runtime;

import @@ID@@.ModelException;
import ai.onnxruntime.NodeInfo;
import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtSession;
import ai.onnxruntime.TensorInfo;
import java.nio.FloatBuffer;
import java.util.Arrays;
import java.util.Collections;
import java.util.HashMap;
import java.util.Map;

/** Each cache is one tensor, given as the past and pinned as the present; the logits are those of the last token. */
final class OnnxDecoder extends DecoderSession {
    private static final String PAST = "past_key_values.";
    private static final String PRESENT = "present.";
    private static final String LOGITS = "logits";

    private final OrtSession session;
    private final Map<String, OnnxTensor> pasts = new HashMap<>();
    private final Map<String, OnnxTensor> outputs = new HashMap<>();
    private final FloatBuffer logits;
    private final float[] found;

    OnnxDecoder(OrtSession session, int capacity) {
        super(capacity);
        this.session = session;
        try {
            for (Map.Entry<String, NodeInfo> input : session.getInputInfo().entrySet()) {
                if (input.getKey().startsWith(PAST)) {
                    addCache(input.getKey(), ((TensorInfo) input.getValue().getInfo()).getShape());
                }
            }
            NodeInfo output = session.getOutputInfo().get(LOGITS);
            if (pasts.isEmpty() || output == null) {
                throw new ModelException("the model file is no decoder that edgekit exported");
            }
            int vocabulary = (int) ((TensorInfo) output.getInfo()).getShape()[2];
            found = new float[vocabulary];
            logits = Buffers.floats(vocabulary);
            outputs.put(LOGITS, floats(logits, new long[] {1, 1, vocabulary}));
        } catch (OrtException error) {
            throw ModelRuntime.failed("cannot make room for the cache", error);
        }
    }

    private void addCache(String name, long[] shape) throws OrtException {
        long[] whole = {1, shape[1], capacity(), shape[3]};
        OnnxTensor cache = floats(Buffers.floats((int) (shape[1] * capacity() * shape[3])), whole);
        pasts.put(name, cache);
        outputs.put(PRESENT + name.substring(PAST.length()), cache);
    }

    private static OnnxTensor floats(FloatBuffer buffer, long[] shape) throws OrtException {
        return OnnxTensor.createTensor(ModelRuntime.environment(), buffer, shape);
    }

    @Override
    float[] append(int[] ids, int length) {
        int[] mask = new int[length + ids.length];
        Arrays.fill(mask, 1);
        Map<String, OnnxTensor> inputs = new HashMap<>(pasts);
        try (OnnxTensor tokens = row(ids);
                OnnxTensor seen = row(mask)) {
            inputs.put("input_ids", tokens);
            inputs.put("attention_mask", seen);
            // the pinned outputs are ours: closing the result leaves them open
            session.run(inputs, Collections.<String>emptySet(), outputs).close();
        } catch (OrtException error) {
            throw ModelRuntime.failed("failed", error);
        }
        logits.rewind();
        logits.get(found);
        return found;
    }

    private static OnnxTensor row(int[] values) throws OrtException {
        long[] shape = {1, values.length};
        return OnnxTensor.createTensor(ModelRuntime.environment(), Buffers.wholes(values, true).asLongBuffer(), shape);
    }

    @Override
    public void close() {
        for (OnnxTensor tensor : outputs.values()) {
            tensor.close();
        }
        ModelRuntime.close(session);
    }
}
