// A small matcher of regular expressions, the same on every phone.
package @@ID@@.tokenizer;

import java.util.ArrayList;
import java.util.List;

/**
 * The patterns that tokenizers split by: sets, groups, alternatives, repetitions, looking ahead.
 *
 * <p>The platform's own matcher follows the phone's age of Unicode and, on Android, another dialect than on a desk.
 * What a pattern has beyond this is refused by name when it is read.
 */
final class Regex {
    private final RegexNode start;

    Regex(String pattern) {
        this(pattern, Unicode.PATTERN_WORD);
    }

    /** `word` is what \w means. */
    Regex(String pattern, CodePoints word) {
        start = new RegexParser(pattern, word).parse();
    }

    /** Start and end of every match, in UTF-16 units. */
    List<int[]> findAll(String text) {
        int[] points = text.codePoints().toArray();
        List<int[]> found = new ArrayList<>();
        int unit = 0;
        int lastEnd = -1;
        for (int at = 0; at < points.length; ) {
            int end = start.match(points, at);
            if (end < 0 || end == at && end == lastEnd) {
                unit += Character.charCount(points[at++]);
                continue;
            }
            int length = end == at ? 0 : new String(points, at, end - at).length();
            found.add(new int[] {unit, unit + length});
            unit += length;
            at = end;
            lastEnd = end;
        }
        return found;
    }
}
