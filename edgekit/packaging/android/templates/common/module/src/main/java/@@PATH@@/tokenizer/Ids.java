// A growing list of ids.
package @@ID@@.tokenizer;

import java.util.Arrays;

/** Ids in order. */
final class Ids {
    private int[] values = new int[32];
    private int size;

    void add(int id) {
        if (size == values.length) {
            values = Arrays.copyOf(values, 2 * size);
        }
        values[size++] = id;
    }

    int[] toArray() {
        return Arrays.copyOf(values, size);
    }
}
