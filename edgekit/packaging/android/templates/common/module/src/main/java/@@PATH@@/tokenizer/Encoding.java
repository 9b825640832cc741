// Token ids and the segment of each.
package @@ID@@.tokenizer;

import java.util.Arrays;

/** Token ids without padding, and the segment of each: 0 for the text, 1 for its pair. */
public final class Encoding {
    private final int[] ids;
    private final int[] typeIds;

    Encoding(int[] ids, int[] typeIds) {
        this.ids = ids;
        this.typeIds = typeIds;
    }

    static Encoding of(int[] ids, int typeId) {
        int[] typeIds = new int[ids.length];
        Arrays.fill(typeIds, typeId);
        return new Encoding(ids, typeIds);
    }

    public int[] ids() {
        return ids.clone();
    }

    public int[] typeIds() {
        return typeIds.clone();
    }

    public int length() {
        return ids.length;
    }

    Encoding first(int length) {
        return length >= ids.length ? this : new Encoding(Arrays.copyOf(ids, length), Arrays.copyOf(typeIds, length));
    }

    Encoding ofType(int typeId) {
        return of(ids, typeId);
    }

    Encoding then(Encoding other) {
        return new Encoding(joined(ids, other.ids), joined(typeIds, other.typeIds));
    }

    private static int[] joined(int[] left, int[] right) {
        int[] both = Arrays.copyOf(left, left.length + right.length);
        System.arraycopy(right, 0, both, left.length, right.length);
        return both;
    }
}
