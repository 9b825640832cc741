// A text on its way through the normalizers.
package @@ID@@.tokenizer;

/** A text, and whether its first character still is the one with which the input began. */
final class Normalized {
    String text;
    boolean fromStart;

    Normalized(String text, boolean fromStart) {
        this.text = text;
        this.fromStart = fromStart;
    }

    /** Drop all code points of a set. */
    void drop(CodePoints set) {
        StringBuilder kept = new StringBuilder(text.length());
        for (int at = 0; at < text.length(); ) {
            int point = text.codePointAt(at);
            if (!set.contains(point)) {
                kept.appendCodePoint(point);
            } else if (at == 0) {
                fromStart = false;
            }
            at += Character.charCount(point);
        }
        text = kept.toString();
    }
}
