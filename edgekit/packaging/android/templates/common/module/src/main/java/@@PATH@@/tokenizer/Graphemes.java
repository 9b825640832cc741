// Texts in graphemes: what a reader sees as one character.
package @@ID@@.tokenizer;

import java.util.ArrayList;
import java.util.List;

/**
 * Extended grapheme clusters (Unicode annex 29), as far as ones of fewer than six bytes are concerned: flags and
 * joined emoji are longer and looked up character by character anyway.
 */
final class Graphemes {
    private static final int ZERO_WIDTH_JOINER = 0x200D;
    private static final int ZERO_WIDTH_NON_JOINER = 0x200C;

    private Graphemes() {}

    static List<String> of(String text) {
        List<String> found = new ArrayList<>();
        int start = 0;
        for (int at = 0; at < text.length(); ) {
            int point = text.codePointAt(at);
            int next = at + Character.charCount(point);
            if (next == text.length() || breaks(point, text.codePointAt(next))) {
                found.add(text.substring(start, next));
                start = next;
            }
            at = next;
        }
        return found;
    }

    private static boolean breaks(int left, int right) {
        if (left == '\r' && right == '\n') {
            return false;
        }
        if (isControl(left) || isControl(right)) {
            return true;
        }
        if (Unicode.EXTENDER.contains(right) || Unicode.PREPENDER.contains(left)) {
            return false;
        }
        return !hangulContinues(left, right);
    }

    private static boolean hangulContinues(int left, int right) {
        boolean vowel = in(right, 0x1160, 0x11A7) || in(right, 0xD7B0, 0xD7C6);
        boolean trailing = in(right, 0x11A8, 0x11FF) || in(right, 0xD7CB, 0xD7FB);
        boolean syllable = in(right, 0xAC00, 0xD7A3);
        if (isLeading(left)) {
            return vowel || syllable || isLeading(right);
        }
        boolean open = in(left, 0xAC00, 0xD7A3) && (left - 0xAC00) % 28 == 0;
        if (open || in(left, 0x1160, 0x11A7) || in(left, 0xD7B0, 0xD7C6)) {
            return vowel || trailing;
        }
        boolean closed = in(left, 0xAC00, 0xD7A3) || in(left, 0x11A8, 0x11FF) || in(left, 0xD7CB, 0xD7FB);
        return closed && trailing;
    }

    private static boolean isLeading(int point) {
        return in(point, 0x1100, 0x115F) || in(point, 0xA960, 0xA97C);
    }

    private static boolean isControl(int point) {
        if (point == ZERO_WIDTH_JOINER || point == ZERO_WIDTH_NON_JOINER) {
            return false;
        }
        return point < 0x20 || in(point, 0x7F, 0x9F) || point == 0xAD || point == 0x61C || point == 0x180E
                || in(point, 0x200B, 0x200F) || in(point, 0x2028, 0x202E) || in(point, 0x2060, 0x206F)
                || point == 0xFEFF || in(point, 0xFFF0, 0xFFFB);
    }

    private static boolean in(int point, int first, int last) {
        return point >= first && point <= last;
    }
}
