// A loaded decoder with its key-value cache.
package @@ID@@.runtime;

import @@ID@@.ModelException;

/** For one text at a time. */
public abstract class DecoderSession implements AutoCloseable {
    private final int capacity;
    private int length;

    DecoderSession(int capacity) {
        this.capacity = capacity;
    }

    /** The most tokens that the cache holds. */
    public final int capacity() {
        return capacity;
    }

    /** How many tokens the cache holds now. */
    public final int length() {
        return length;
    }

    /** Append tokens; the logits after the last of them, which the next call may overwrite. */
    public final float[] run(int[] ids) {
        if (ids.length == 0 || length + ids.length > capacity) {
            throw new ModelException(length + " tokens and " + ids.length + " more: the cache holds " + capacity);
        }
        float[] logits = append(ids, length);
        length += ids.length;
        return logits;
    }

    /** Forget all tokens: what lies behind the length is not read. */
    public final void reset() {
        length = 0;
    }

    /** Run tokens that follow `length` others, and keep their keys and values behind those. */
    abstract float[] append(int[] ids, int length);

    @Override
    public abstract void close();
}
