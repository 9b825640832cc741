// A classifier in an ONNX file.
package @@ID@@.runtime;

import @@ID@@.ModelException;
import @@ID@@.bundle.Manifest;
import ai.onnxruntime.NodeInfo;
import ai.onnxruntime.OnnxJavaType;
import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OnnxValue;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtSession;
import ai.onnxruntime.TensorInfo;
import java.nio.ByteBuffer;
import java.nio.FloatBuffer;
import java.util.LinkedHashMap;
import java.util.Map;

/** Runs a row of any length. */
final class OnnxClassifier implements ClassifierSession {
    private final OrtSession session;
    private final Roles roles;
    private final Map<String, TensorInfo> inputs = new LinkedHashMap<>();
    private int[] lengths = new int[0];

    OnnxClassifier(OrtSession session, Manifest manifest) {
        this.session = session;
        roles = new Roles(manifest.inputNames());
        try {
            for (Map.Entry<String, NodeInfo> input : session.getInputInfo().entrySet()) {
                inputs.put(input.getKey(), (TensorInfo) input.getValue().getInfo());
            }
        } catch (OrtException error) {
            throw ModelRuntime.failed("cannot tell the inputs", error);
        }
        for (TensorInfo info : inputs.values()) {
            long[] shape = info.getShape();
            if (shape.length > 1 && shape[1] > 0) {
                lengths = new int[] {(int) shape[1]};
            }
        }
    }

    @Override
    public int[] lengths() {
        return lengths;
    }

    @Override
    public float[] run(int[] ids, int[] mask, int[] types) {
        Map<String, OnnxTensor> feeds = new LinkedHashMap<>();
        try {
            int position = 0;
            for (Map.Entry<String, TensorInfo> input : inputs.entrySet()) {
                int[] row = roles.row(input.getKey(), position++, ids, mask, types);
                feeds.put(input.getKey(), tensor(row, input.getValue().type));
            }
            try (OrtSession.Result result = session.run(feeds)) {
                return logits(result.get(0));
            }
        } catch (OrtException error) {
            throw ModelRuntime.failed("failed", error);
        } finally {
            for (OnnxTensor feed : feeds.values()) {
                feed.close();
            }
        }
    }

    private static OnnxTensor tensor(int[] row, OnnxJavaType type) throws OrtException {
        boolean longs = type == OnnxJavaType.INT64;
        if (!longs && type != OnnxJavaType.INT32) {
            throw new ModelException("the model takes " + type + ", which is no kind of token id");
        }
        ByteBuffer buffer = Buffers.wholes(row, longs);
        long[] shape = {1, row.length};
        return longs
                ? OnnxTensor.createTensor(ModelRuntime.environment(), buffer.asLongBuffer(), shape)
                : OnnxTensor.createTensor(ModelRuntime.environment(), buffer.asIntBuffer(), shape);
    }

    private static float[] logits(OnnxValue value) {
        FloatBuffer buffer = value instanceof OnnxTensor ? ((OnnxTensor) value).getFloatBuffer() : null;
        if (buffer == null) {
            throw new ModelException("the model gives no logits");
        }
        float[] found = new float[buffer.remaining()];
        buffer.get(found);
        return found;
    }

    @Override
    public void close() {
        ModelRuntime.close(session);
    }
}
