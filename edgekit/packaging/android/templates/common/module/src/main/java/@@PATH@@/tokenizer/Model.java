// What turns a piece of a text into ids.
package @@ID@@.tokenizer;

/** A vocabulary and the way of cutting a piece into its members. */
interface Model {
    /** Append the ids of a piece. */
    void encode(String piece, Ids ids);

    /** The id of a member of the vocabulary; null where it is none. */
    Integer idOf(String token);

    /** The member of the vocabulary with an id; null where there is none. */
    String tokenOf(int id);
}
