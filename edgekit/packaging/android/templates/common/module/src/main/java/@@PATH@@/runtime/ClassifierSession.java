// A loaded classifier.
package @@ID@@.runtime;

/** Runs one row of token ids. */
public interface ClassifierSession extends AutoCloseable {
    /** The lengths that the file was made for, ascending; none where any length will do. */
    int[] lengths();

    /** The logits of ids, mask and segments of one length. */
    float[] run(int[] ids, int[] mask, int[] types);

    @Override
    void close();
}
