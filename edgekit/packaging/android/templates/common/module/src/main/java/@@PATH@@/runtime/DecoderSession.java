// A loaded decoder with its key-value cache.
package @@ID@@.runtime;

/** For one text at a time. */
public interface DecoderSession extends AutoCloseable {
    /** The most tokens that the cache holds. */
    int capacity();

    /** How many tokens the cache holds now. */
    int length();

    /** Append tokens; the logits after the last of them, which the next call may overwrite. */
    float[] run(int[] ids);

    /** Forget all tokens. */
    void reset();

    @Override
    void close();
}
