// The sets of code points in a regular expression: characters, escapes, properties, brackets.
package @@ID@@.tokenizer;

import @@ID@@.ModelException;

/** Reads one set at a place of a pattern. */
final class RegexSets {
    private static final String SPECIAL = "^$*+?{|)(";
    // the library counts these to words, but not within brackets: small and broken numbers of Latin-1
    private static final String WORDS_OUTSIDE = "\u00b2\u00b3\u00b9\u00bc\u00bd\u00be";
    // folds to s, and is no capital
    private static final int LONG_S = 0x17F;

    private final String pattern;
    private final CodePoints word;

    RegexSets(String pattern, CodePoints word) {
        this.pattern = pattern;
        this.word = word;
    }

    /** The set at `place[0]`, which moves behind it. */
    CodePoints read(int[] place, boolean ignoreCase) {
        int point = pattern.codePointAt(place[0]);
        if (point == '[') {
            place[0]++;
            return brackets(place, ignoreCase);
        }
        if (point == '.') {
            place[0]++;
            return any -> any != '\n';
        }
        if (point == '\\') {
            CodePoints named = named(place, false);
            return named != null ? named : one(literal(place), ignoreCase);
        }
        if (SPECIAL.indexOf(point) >= 0) {
            throw unknown(String.valueOf((char) point));
        }
        return one(literal(place), ignoreCase);
    }

    ModelException unknown(String what) {
        return new ModelException(
                "tokenizer.json has the pattern " + pattern + ", in which this package does not know: " + what);
    }

    private CodePoints brackets(int[] place, boolean ignoreCase) {
        boolean negated = pattern.startsWith("^", place[0]);
        place[0] += negated ? 1 : 0;
        CodePoints found = none -> false;
        boolean first = true;
        while (first || !pattern.startsWith("]", place[0])) {
            if (place[0] >= pattern.length()) {
                throw unknown("a ] is missing");
            }
            if (pattern.startsWith("[", place[0]) || pattern.startsWith("&&", place[0])) {
                throw unknown("sets within sets");
            }
            CodePoints member = member(place, ignoreCase);
            CodePoints before = found;
            found = point -> before.contains(point) || member.contains(point);
            first = false;
        }
        place[0]++;
        CodePoints all = found;
        return negated ? point -> !all.contains(point) : all;
    }

    private CodePoints member(int[] place, boolean ignoreCase) {
        CodePoints named = pattern.startsWith("\\", place[0]) ? named(place, true) : null;
        if (named != null) {
            return named;
        }
        int low = literal(place);
        boolean range = pattern.startsWith("-", place[0]) && !pattern.startsWith("-]", place[0]);
        if (!range) {
            return one(low, ignoreCase);
        }
        place[0]++;
        int high = literal(place);
        if (ignoreCase) {
            throw unknown("a range without regard to case");
        }
        return point -> point >= low && point <= high;
    }

    /** The set that an escape names; null for an escaped character. */
    private CodePoints named(int[] place, boolean inBrackets) {
        if (place[0] + 1 >= pattern.length()) {
            throw unknown("\\");
        }
        char kind = pattern.charAt(place[0] + 1);
        if (kind == 'p' || kind == 'P') {
            return property(place, kind == 'P');
        }
        CodePoints set = plain(Character.toLowerCase(kind), inBrackets);
        if (set == null) {
            return null;
        }
        place[0] += 2;
        return Character.isUpperCase(kind) ? point -> !set.contains(point) : set;
    }

    private CodePoints plain(char kind, boolean inBrackets) {
        switch (kind) {
            case 's':
                return Unicode.PATTERN_SPACE;
            case 'd':
                return Unicode.PATTERN_DIGIT;
            case 'w':
                return inBrackets ? point -> word.contains(point) && WORDS_OUTSIDE.indexOf(point) < 0 : word;
            default:
                return null;
        }
    }

    private CodePoints property(int[] place, boolean negated) {
        int end = pattern.indexOf('}', place[0]);
        String name = end < 0 ? "" : pattern.substring(place[0] + 2, end + 1);
        CodePoints set;
        if (name.equals("{L}")) {
            set = Unicode.LETTER;
        } else if (name.equals("{N}")) {
            set = Unicode.NUMBER;
        } else {
            throw unknown("\\p" + name);
        }
        place[0] = end + 1;
        return negated ? point -> !set.contains(point) : set;
    }

    private int literal(int[] place) {
        int point = pattern.codePointAt(place[0]);
        place[0] += Character.charCount(point);
        if (point != '\\') {
            return point;
        }
        int escaped = pattern.codePointAt(place[0]);
        place[0] += Character.charCount(escaped);
        switch (escaped) {
            case 'n':
                return '\n';
            case 'r':
                return '\r';
            case 't':
                return '\t';
            default:
                if (escaped < 0x80 && Character.isLetterOrDigit(escaped)) {
                    throw unknown("\\" + (char) escaped);
                }
                return escaped;
        }
    }

    private static CodePoints one(int wanted, boolean ignoreCase) {
        if (!ignoreCase) {
            return point -> point == wanted;
        }
        int folded = fold(wanted);
        return point -> fold(point) == folded;
    }

    private static int fold(int point) {
        return point == LONG_S ? 's' : Unicode.lower(point);
    }
}
