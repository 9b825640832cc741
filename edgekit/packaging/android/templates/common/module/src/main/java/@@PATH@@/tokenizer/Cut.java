// A part of a text that a pattern matched, or that lies between two matches.
package @@ID@@.tokenizer;

/** From `start` up to `end`, in UTF-16 units. */
final class Cut {
    final int start;
    final int end;
    final boolean match;

    Cut(int start, int end, boolean match) {
        this.start = start;
        this.end = end;
        this.match = match;
    }
}
