// A step of normalization.
package @@ID@@.tokenizer;

/** Changes a text before it is split. */
interface Normalizer {
    void normalize(Normalized text);
}
