// A set of code points.
package @@ID@@.tokenizer;

/** Whether a code point is in a set. */
interface CodePoints {
    boolean contains(int point);
}
