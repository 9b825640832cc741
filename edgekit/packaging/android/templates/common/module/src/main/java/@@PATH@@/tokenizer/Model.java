// What turns a piece of a text into ids.
package @@ID@@.tokenizer;

/** A vocabulary and the way of cutting a piece into its members. */
interface Model {
    /** Append the ids of a piece. */
    void encode(String piece, Ids ids);

    /** The tokens that those ids stand for. */
    Vocabulary vocabulary();
}
