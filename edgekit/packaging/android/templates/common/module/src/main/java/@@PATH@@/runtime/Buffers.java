// Memory that a runtime reads and writes in place.
package @@ID@@.runtime;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;

/** Direct buffers in the order of the processor. */
final class Buffers {
    private Buffers() {}

    static ByteBuffer bytes(int size) {
        return ByteBuffer.allocateDirect(size).order(ByteOrder.nativeOrder());
    }

    /** Zeros. */
    static FloatBuffer floats(int count) {
        return bytes(count * Float.BYTES).asFloatBuffer();
    }

    /** Whole numbers of 4 or 8 bytes. */
    static ByteBuffer wholes(int[] values, boolean longs) {
        ByteBuffer buffer = bytes(values.length * (longs ? Long.BYTES : Integer.BYTES));
        for (int value : values) {
            if (longs) {
                buffer.putLong(value);
            } else {
                buffer.putInt(value);
            }
        }
        buffer.rewind();
        return buffer;
    }
}
