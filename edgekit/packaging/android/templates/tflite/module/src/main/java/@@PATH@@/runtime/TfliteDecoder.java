// A decoder in a TFLite file: its cache lies in our buffers, where the values of each new token are written.
package @@ID@@.runtime;

import @@ID@@.ModelException;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import java.util.TreeMap;
import org.tensorflow.lite.Interpreter;
import org.tensorflow.lite.Tensor;

/** Single tokens go through `decode`, longer texts through `prefill_N`. LiteRT copies the cache at each run. */
final class TfliteDecoder extends DecoderSession {
    private static final String DECODE = "decode";
    private static final String PREFILL = "prefill_";
    private static final String NEW = "new_";
    // a piece costs as much as so many single tokens, padding and all: its weights are read once
    private static final int PIECE_COSTS = 6;

    private final Interpreter interpreter;
    private final String prefill;
    private final int piece;
    private final Map<String, Cache> caches = new TreeMap<>();
    private final ByteBuffer logits;
    private final float[] found;

    /** One cache [1, heads, capacity, size] and how it is laid out. */
    private static final class Cache {
        final ByteBuffer values;
        final int heads;
        final int rows;
        final int rowBytes;

        Cache(int[] shape) {
            heads = shape[1];
            rows = shape[2];
            rowBytes = shape[3] * Float.BYTES;
            // zeros: what is not seen yet is multiplied by 0, and must be a number for that
            values = Buffers.bytes(heads * rows * rowBytes);
        }

        /** Copy the first `count` rows of each head of `fresh` [1, heads, freshRows, size] to where `row` begins. */
        void write(ByteBuffer fresh, int freshRows, int count, int row) {
            for (int head = 0; head < heads; head++) {
                ByteBuffer source = fresh.duplicate();
                source.limit((head * freshRows + count) * rowBytes);
                source.position(head * freshRows * rowBytes);
                ByteBuffer target = values.duplicate();
                target.position((head * rows + row) * rowBytes);
                target.put(source);
            }
        }
    }

    TfliteDecoder(Interpreter interpreter, int capacity) {
        super(capacity);
        this.interpreter = interpreter;
        String[] keys = interpreter.getSignatureKeys();
        prefill = first(keys, PREFILL);
        if (prefill == null || !Arrays.asList(keys).contains(DECODE)) {
            throw new ModelException("the model file is no decoder that edgekit exported");
        }
        piece = Integer.parseInt(prefill.substring(PREFILL.length()));
        for (String name : interpreter.getSignatureInputs(DECODE)) {
            if (Arrays.asList(interpreter.getSignatureOutputs(DECODE)).contains(NEW + name)) {
                caches.put(name, new Cache(interpreter.getInputTensorFromSignature(name, DECODE).shape()));
            }
        }
        for (Cache cache : caches.values()) {
            if (cache.rows < capacity) {
                throw new ModelException("the model file's cache holds " + cache.rows + " tokens, not " + capacity);
            }
        }
        Tensor output = interpreter.getOutputTensorFromSignature("logits", DECODE);
        logits = Buffers.bytes(output.numBytes());
        found = new float[output.numElements()];
    }

    private static String first(String[] keys, String start) {
        for (String key : keys) {
            if (key.startsWith(start)) {
                return key;
            }
        }
        return null;
    }

    @Override
    float[] append(int[] ids, int length) {
        int done = 0;
        int before = ids.length - 1;
        while (done < before) {
            int count = before - done >= Math.min(PIECE_COSTS, piece) ? Math.min(piece, before - done) : 1;
            if (count == 1) {
                call(DECODE, new int[] {ids[done]}, 1, length + done, null);
            } else {
                call(prefill, Arrays.copyOf(Arrays.copyOfRange(ids, done, done + count), piece), count, length + done, null);
            }
            done += count;
        }
        call(DECODE, new int[] {ids[before]}, 1, length + before, logits);
        logits.rewind();
        logits.asFloatBuffer().get(found);
        return found;
    }

    /** Run `count` tokens, padded to what the signature takes, and keep their keys and values from row `start` on. */
    private void call(String signature, int[] tokens, int count, int start, ByteBuffer logitsWanted) {
        Map<String, Object> inputs = new HashMap<>();
        Map<String, Object> outputs = new HashMap<>();
        Map<String, ByteBuffer> fresh = new HashMap<>();
        inputs.put("input_ids", Buffers.wholes(tokens, false));
        inputs.put("start", Buffers.wholes(new int[] {start}, false));
        for (Map.Entry<String, Cache> cache : caches.entrySet()) {
            cache.getValue().values.rewind();
            inputs.put(cache.getKey(), cache.getValue().values);
            ByteBuffer values = Buffers.bytes(cache.getValue().heads * tokens.length * cache.getValue().rowBytes);
            fresh.put(cache.getKey(), values);
            outputs.put(NEW + cache.getKey(), values);
        }
        if (logitsWanted != null) {
            logitsWanted.rewind();
            outputs.put("logits", logitsWanted);
        }
        try {
            interpreter.runSignature(inputs, outputs, signature);
        } catch (IllegalArgumentException | IllegalStateException error) {
            throw ModelRuntime.failed("failed", error);
        }
        for (Map.Entry<String, Cache> cache : caches.entrySet()) {
            ByteBuffer values = fresh.get(cache.getKey());
            values.rewind();
            cache.getValue().write(values, tokens.length, count, start);
        }
    }

    @Override
    public void close() {
        interpreter.close();
    }
}
