// A pair that was learned.
package @@ID@@.tokenizer;

/** How early a pair was learned, and the id that it becomes. */
final class BpeMerge {
    final int rank;
    final int id;

    BpeMerge(int rank, int id) {
        this.rank = rank;
        this.id = id;
    }
}
