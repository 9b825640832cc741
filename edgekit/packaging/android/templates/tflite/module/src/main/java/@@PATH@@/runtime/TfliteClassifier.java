// A classifier in a TFLite file: one signature for each length.
package @@ID@@.runtime;

import @@ID@@.ModelException;
import @@ID@@.bundle.Manifest;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import java.util.TreeMap;
import org.tensorflow.lite.DataType;
import org.tensorflow.lite.Interpreter;
import org.tensorflow.lite.Tensor;

/** Runs the signature that was made for a row's length. */
final class TfliteClassifier implements ClassifierSession {
    private final Interpreter interpreter;
    private final Roles roles;
    private final TreeMap<Integer, String> signatures = new TreeMap<>();

    TfliteClassifier(Interpreter interpreter, Manifest manifest) {
        this.interpreter = interpreter;
        roles = new Roles(manifest.inputNames());
        for (String key : interpreter.getSignatureKeys()) {
            String first = sorted(interpreter.getSignatureInputs(key))[0];
            int[] shape = interpreter.getInputTensorFromSignature(first, key).shape();
            if (shape.length == 2 && !signatures.containsKey(shape[1])) {
                signatures.put(shape[1], key);
            }
        }
        if (signatures.isEmpty()) {
            throw new ModelException("the model file has no signature that takes a row of token ids");
        }
    }

    @Override
    public int[] lengths() {
        int[] found = new int[signatures.size()];
        int place = 0;
        for (int length : signatures.keySet()) {
            found[place++] = length;
        }
        return found;
    }

    @Override
    public float[] run(int[] ids, int[] mask, int[] types) {
        String key = signatures.get(ids.length);
        if (key == null) {
            throw new ModelException("the model file was made for lengths " + signatures.keySet());
        }
        Map<String, Object> inputs = new HashMap<>();
        String[] names = sorted(interpreter.getSignatureInputs(key));
        for (int position = 0; position < names.length; position++) {
            int[] row = roles.row(names[position], position, ids, mask, types);
            boolean longs = interpreter.getInputTensorFromSignature(names[position], key).dataType() == DataType.INT64;
            inputs.put(names[position], Buffers.wholes(row, longs));
        }
        return run(inputs, key);
    }

    private float[] run(Map<String, Object> inputs, String key) {
        String name = sorted(interpreter.getSignatureOutputs(key))[0];
        Tensor output = interpreter.getOutputTensorFromSignature(name, key);
        ByteBuffer logits = Buffers.bytes(output.numBytes());
        Map<String, Object> outputs = new HashMap<>();
        outputs.put(name, logits);
        try {
            interpreter.runSignature(inputs, outputs, key);
        } catch (IllegalArgumentException | IllegalStateException error) {
            throw ModelRuntime.failed("failed", error);
        }
        logits.rewind();
        float[] found = new float[output.numElements()];
        logits.asFloatBuffer().get(found);
        return found;
    }

    /** By their names, args_2 before args_10: as the converter counted them. */
    private static String[] sorted(String[] names) {
        String[] found = names.clone();
        Arrays.sort(found, (left, right) -> padded(left).compareTo(padded(right)));
        return found;
    }

    private static String padded(String name) {
        StringBuilder found = new StringBuilder();
        int digits = 0;
        for (int at = name.length() - 1; at >= 0; at--) {
            boolean digit = Character.isDigit(name.charAt(at));
            for (; !digit && digits % 9 != 0; digits++) {
                found.append('0');
            }
            digits = digit ? digits + 1 : 0;
            found.append(name.charAt(at));
        }
        return found.reverse().toString();
    }

    @Override
    public void close() {
        interpreter.close();
    }
}
