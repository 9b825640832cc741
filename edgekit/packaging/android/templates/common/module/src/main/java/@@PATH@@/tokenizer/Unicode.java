// Look-ups in the tables of code points.
package @@ID@@.tokenizer;

import java.util.Arrays;

/** What a code point is, the same on every phone: no table of the platform is asked. */
final class Unicode {
    static final CodePoints CLEANED = set(UnicodeTables.CLEANED);
    static final CodePoints ACCENT = set(UnicodeTables.ACCENT);
    static final CodePoints MARK = set(UnicodeTables.MARK);
    static final CodePoints SPACE = set(UnicodeTables.SPACE);
    static final CodePoints PUNCTUATION = set(UnicodeTables.PUNCTUATION);
    static final CodePoints NUMERIC = set(UnicodeTables.NUMERIC);
    static final CodePoints WORD = set(UnicodeTables.WORD);
    static final CodePoints LETTER = set(UnicodeTables.LETTER);
    static final CodePoints NUMBER = set(UnicodeTables.NUMBER);
    static final CodePoints PATTERN_SPACE = set(UnicodeTables.PATTERN_SPACE);
    static final CodePoints PATTERN_WORD = set(UnicodeTables.PATTERN_WORD);
    static final CodePoints PATTERN_DIGIT = set(UnicodeTables.PATTERN_DIGIT);
    static final CodePoints EXTENDER = set(UnicodeTables.EXTENDER);
    static final CodePoints PREPENDER = set(UnicodeTables.PREPENDER);

    // the only code point whose lower case is two: a dotted capital I
    private static final int DOTTED_I = 0x130;
    // runs of four numbers: first, last, step, difference
    private static final int[] LOWER_CASE = lowerCases();

    private Unicode() {}

    /** The lower case of a code point that has one of its own, else the code point. */
    static int lower(int point) {
        int low = 0;
        int high = LOWER_CASE.length / 4 - 1;
        while (low <= high) {
            int middle = (low + high) >>> 1;
            int first = LOWER_CASE[4 * middle];
            if (point < first) {
                high = middle - 1;
            } else if (point > LOWER_CASE[4 * middle + 1]) {
                low = middle + 1;
            } else {
                boolean on = (point - first) % LOWER_CASE[4 * middle + 2] == 0;
                return on ? point + LOWER_CASE[4 * middle + 3] : point;
            }
        }
        return point;
    }

    static String lower(String text) {
        StringBuilder lowered = new StringBuilder(text.length());
        for (int at = 0; at < text.length(); ) {
            int point = text.codePointAt(at);
            if (point == DOTTED_I) {
                lowered.append("i\u0307");
            } else {
                lowered.appendCodePoint(lower(point));
            }
            at += Character.charCount(point);
        }
        return lowered.toString();
    }

    static CodePoints set(String table) {
        int[] numbers = numbers(table);
        int[] bounds = new int[numbers.length];
        int last = 0;
        for (int index = 0; index < numbers.length; index += 2) {
            bounds[index] = last + numbers[index];
            last = bounds[index] + numbers[index + 1];
            // the first code point behind the run
            bounds[index + 1] = last + 1;
        }
        // an odd number of bounds at or below a code point puts it inside a run
        return point -> (countUpTo(bounds, point) & 1) == 1;
    }

    private static int countUpTo(int[] bounds, int point) {
        int found = Arrays.binarySearch(bounds, point);
        return found >= 0 ? found + 1 : -found - 1;
    }

    private static int[] lowerCases() {
        int[] numbers = numbers(UnicodeTables.LOWER_CASE);
        int last = 0;
        for (int index = 0; index < numbers.length; index += 4) {
            numbers[index] += last;
            numbers[index + 1] += numbers[index];
            last = numbers[index + 1];
            numbers[index + 3] = unfolded(numbers[index + 3]);
        }
        return numbers;
    }

    /** A difference that was written without a sign: 0, -1, 1, -2, 2 as 0, 1, 2, 3, 4. */
    static int unfolded(int coded) {
        return (coded & 1) == 0 ? coded / 2 : -(coded + 1) / 2;
    }

    static int[] numbers(String table) {
        String[] words = table.split(" ");
        int[] found = new int[words.length];
        for (int index = 0; index < words.length; index++) {
            found[index] = Integer.parseInt(words[index], 36);
        }
        return found;
    }
}
