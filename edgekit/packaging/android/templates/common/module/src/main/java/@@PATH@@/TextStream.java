// Text that grows token by token.
package @@ID@@;

import @@ID@@.tokenizer.Tokenizer;
import java.util.Arrays;

/** Gives out whole characters only; all pieces together are the whole text. */
final class TextStream {
    private static final char UNKNOWN = '\uFFFD';
    // so many tokens are decoded again with each new one: more than any character or any word's leading space needs
    private static final int WINDOW = 16;

    private final Tokenizer tokenizer;
    private int[] ids = new int[0];
    // units of the text of `ids` that were given out
    private int given;

    /** `context`: the ids before the first new one, for whatever a decoder makes of a text's beginning. */
    TextStream(Tokenizer tokenizer, int[] context) {
        this.tokenizer = tokenizer;
        begin(context);
    }

    /** The text that a further token completes; empty in the middle of a character. */
    String add(int token) {
        ids = Arrays.copyOf(ids, ids.length + 1);
        ids[ids.length - 1] = token;
        String text = tokenizer.decode(ids);
        // these may be the bytes of a character that is still to be completed
        int whole = text.length();
        while (whole > 0 && text.charAt(whole - 1) == UNKNOWN) {
            whole--;
        }
        String piece = whole > given ? text.substring(given, whole) : "";
        given = Math.max(given, whole);
        if (whole == text.length() && ids.length > 2 * WINDOW) {
            begin(ids);
        }
        return piece;
    }

    /** What is left when no token follows: characters that were never completed, as U+FFFD. */
    String end() {
        String text = tokenizer.decode(ids);
        String rest = text.length() > given ? text.substring(given) : "";
        given += rest.length();
        return rest;
    }

    /** Keep as few of the newest ids as do not begin in the middle of a character. */
    private void begin(int[] all) {
        for (int size = WINDOW; ; size *= 2) {
            ids = Arrays.copyOfRange(all, Math.max(0, all.length - size), all.length);
            String text = tokenizer.decode(ids);
            given = text.length();
            if (size >= all.length || text.indexOf(UNKNOWN) < 0) {
                return;
            }
        }
    }
}
