// Unicode's normalization forms (annex 15), the same on every phone.
package @@ID@@.tokenizer;

import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;

/** NFC, NFD, NFKC and NFKD by the tables that the library uses; the platform's are of its own age. */
final class UnicodeForms {
    private static final int HANGUL = 0xAC00;
    private static final int LEADING = 0x1100;
    private static final int VOWEL = 0x1161;
    private static final int TRAILING = 0x11A7;
    private static final int VOWELS = 21;
    private static final int TRAILINGS = 28;
    private static final int SYLLABLES = 19 * VOWELS * TRAILINGS;

    private static final FormTable CANONICAL = FormTable.ofTexts(FormTables.CANONICAL);
    private static final FormTable COMPATIBLE = FormTable.ofTexts(CompatibleTables.COMPATIBLE);
    private static final FormTable CLASSES = FormTable.ofNumbers(FormTables.CLASSES);
    private static final Map<Long, Integer> PAIRS = pairs();

    private UnicodeForms() {}

    static String decomposed(String text, boolean compatible) {
        return text(decompose(text, compatible));
    }

    static String composed(String text, boolean compatible) {
        int[] points = decompose(text, compatible);
        return new String(points, 0, compose(points));
    }

    private static String text(int[] points) {
        return new String(points, 0, points.length);
    }

    private static int[] decompose(String text, boolean compatible) {
        Ids found = new Ids();
        for (int at = 0; at < text.length(); ) {
            int point = text.codePointAt(at);
            at += Character.charCount(point);
            int[] parts = compatible ? COMPATIBLE.get(point) : null;
            parts = parts == null ? CANONICAL.get(point) : parts;
            if (parts != null) {
                for (int part : parts) {
                    found.add(part);
                }
            } else if (isSyllable(point)) {
                addSyllable(point - HANGUL, found);
            } else {
                found.add(point);
            }
        }
        int[] points = found.toArray();
        reorder(points);
        return points;
    }

    private static boolean isSyllable(int point) {
        return point >= HANGUL && point < HANGUL + SYLLABLES;
    }

    private static void addSyllable(int index, Ids found) {
        found.add(LEADING + index / (VOWELS * TRAILINGS));
        found.add(VOWEL + index % (VOWELS * TRAILINGS) / TRAILINGS);
        if (index % TRAILINGS != 0) {
            found.add(TRAILING + index % TRAILINGS);
        }
    }

    /** Sorts each run of marks by their classes, equal ones in their order. */
    private static void reorder(int[] points) {
        int[] classes = new int[points.length];
        for (int at = 0; at < points.length; at++) {
            classes[at] = classOf(points[at]);
        }
        for (int start = 0; start < points.length; start++) {
            if (classes[start] != 0) {
                int end = start;
                while (end < points.length && classes[end] != 0) {
                    end++;
                }
                sort(points, classes, start, end);
                start = end;
            }
        }
    }

    private static void sort(int[] points, int[] classes, int start, int end) {
        // class, place and code point in one number: sorting them all is stable
        long[] keys = new long[end - start];
        for (int at = start; at < end; at++) {
            keys[at - start] = (long) classes[at] << 48 | (long) (at - start) << 21 | points[at];
        }
        Arrays.sort(keys);
        for (int at = start; at < end; at++) {
            points[at] = (int) (keys[at - start] & 0x1FFFFF);
        }
    }

    /** Puts pairs together, in place; how many code points are left. */
    private static int compose(int[] points) {
        int size = 0;
        int starter = -1;
        int lastClass = -1;
        for (int point : points) {
            int number = classOf(point);
            boolean free = starter >= 0 && (lastClass < number || lastClass == -1);
            Integer whole = free ? pair(points[starter], point) : null;
            if (whole != null) {
                points[starter] = whole;
                continue;
            }
            if (number == 0) {
                starter = size;
                lastClass = -1;
            } else {
                lastClass = number;
            }
            points[size++] = point;
        }
        return size;
    }

    private static Integer pair(int left, int right) {
        if (left >= LEADING && left < LEADING + 19 && right >= VOWEL && right < VOWEL + VOWELS) {
            return HANGUL + ((left - LEADING) * VOWELS + right - VOWEL) * TRAILINGS;
        }
        boolean open = isSyllable(left) && (left - HANGUL) % TRAILINGS == 0;
        if (open && right > TRAILING && right < TRAILING + TRAILINGS) {
            return left + right - TRAILING;
        }
        return PAIRS.get(key(left, right));
    }

    private static int classOf(int point) {
        int[] number = CLASSES.get(point);
        return number == null ? 0 : number[0];
    }

    private static Map<Long, Integer> pairs() {
        CodePoints excluded = Unicode.set(FormTables.NOT_COMPOSED);
        Map<Long, Integer> found = new HashMap<>();
        // the shorter ones first: longer ones are pairs of these and one mark more
        for (int size = 2; size <= 4; size++) {
            for (int point : CANONICAL.points()) {
                int[] parts = CANONICAL.get(point);
                if (parts.length == size && !excluded.contains(point)) {
                    int left = parts[0];
                    for (int at = 1; at < size - 1; at++) {
                        left = found.get(key(left, parts[at]));
                    }
                    found.put(key(left, parts[size - 1]), point);
                }
            }
        }
        return found;
    }

    private static long key(int left, int right) {
        return (long) left << 32 | right;
    }
}
