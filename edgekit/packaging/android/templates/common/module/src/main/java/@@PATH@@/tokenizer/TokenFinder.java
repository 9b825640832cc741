// Finding added tokens in a text.
package @@ID@@.tokenizer;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** From the left, and of those that begin at one place the longest. */
final class TokenFinder {
    private static final class Entry {
        final String text;
        final AddedToken token;

        Entry(String text, AddedToken token) {
            this.text = text;
            this.token = token;
        }
    }

    // by their first unit, the longest first
    private final Map<Character, List<Entry>> entries = new HashMap<>();

    void add(String text, AddedToken token) {
        if (text.isEmpty()) {
            return;
        }
        List<Entry> same = entries.get(text.charAt(0));
        if (same == null) {
            same = new ArrayList<>();
            entries.put(text.charAt(0), same);
        }
        int place = 0;
        while (place < same.size() && same.get(place).text.length() >= text.length()) {
            place++;
        }
        same.add(place, new Entry(text, token));
    }

    /** The pieces of a piece; nothing empty. */
    List<Piece> split(Piece piece) {
        String text = piece.text;
        List<Piece> found = new ArrayList<>();
        int last = 0;
        for (int at = 0; at < text.length(); ) {
            Entry entry = at(text, at);
            if (entry == null) {
                at++;
                continue;
            }
            int matched = at + entry.text.length();
            int end = matched;
            if (!entry.token.singleWord || standsAlone(text, at, matched)) {
                int start = entry.token.takesLeft ? Math.max(last, withoutSpaceBefore(text, at)) : at;
                end = entry.token.takesRight ? withoutSpaceBehind(text, end) : end;
                add(found, piece, last, start, Piece.NO_ID);
                add(found, piece, start, end, entry.token.id);
                last = end;
            }
            // the white space behind a token may itself begin another one
            at = matched;
        }
        add(found, piece, last, text.length(), Piece.NO_ID);
        return found;
    }

    private static void add(List<Piece> found, Piece whole, int start, int end, int id) {
        if (start < end) {
            found.add(new Piece(whole.text.substring(start, end), id, whole.fromStart && start == 0));
        }
    }

    private Entry at(String text, int place) {
        List<Entry> same = entries.get(text.charAt(place));
        if (same != null) {
            for (Entry entry : same) {
                if (text.startsWith(entry.text, place)) {
                    return entry;
                }
            }
        }
        return null;
    }

    private static boolean standsAlone(String text, int start, int end) {
        boolean before = start > 0 && Unicode.WORD.contains(text.codePointBefore(start));
        boolean behind = end < text.length() && Unicode.WORD.contains(text.codePointAt(end));
        return !before && !behind;
    }

    private static int withoutSpaceBefore(String text, int end) {
        int start = end;
        while (start > 0 && Unicode.SPACE.contains(text.charAt(start - 1))) {
            start--;
        }
        return start;
    }

    private static int withoutSpaceBehind(String text, int start) {
        int end = start;
        while (end < text.length() && Unicode.SPACE.contains(text.charAt(end))) {
            end++;
        }
        return end;
    }
}
