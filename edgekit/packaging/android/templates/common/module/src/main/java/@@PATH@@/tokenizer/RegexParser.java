// Regular expressions from their text.
package @@ID@@.tokenizer;

import @@ID@@.ModelException;
import java.util.ArrayList;
import java.util.List;

/** Reads a pattern from the left; a part is built when what follows it is, so parts are built in reverse. */
final class RegexParser {
    // the repetitions of a group are written out
    private static final int MOST_COPIES = 64;

    private final String pattern;
    private final RegexSets sets;
    private int at;
    private boolean ignoreCase;

    RegexParser(String pattern, CodePoints word) {
        this.pattern = pattern;
        sets = new RegexSets(pattern, word);
    }

    /** Builds what matches, in front of what follows. */
    private interface Part {
        RegexNode before(RegexNode next);
    }

    RegexNode parse() {
        Part whole = alternatives();
        if (at < pattern.length()) {
            throw sets.unknown(pattern.substring(at, at + 1));
        }
        return whole.before(RegexNode.END);
    }

    private Part alternatives() {
        List<Part> ways = new ArrayList<>();
        ways.add(sequence());
        while (taken("|")) {
            ways.add(sequence());
        }
        if (ways.size() == 1) {
            return ways.get(0);
        }
        return next -> {
            List<RegexNode> nodes = new ArrayList<>();
            for (Part way : ways) {
                nodes.add(way.before(next));
            }
            return RegexNode.either(nodes);
        };
    }

    private Part sequence() {
        List<Part> parts = new ArrayList<>();
        while (at < pattern.length() && pattern.charAt(at) != '|' && pattern.charAt(at) != ')') {
            parts.add(pattern.charAt(at) == '(' ? group() : single());
        }
        return next -> {
            RegexNode node = next;
            for (int index = parts.size() - 1; index >= 0; index--) {
                node = parts.get(index).before(node);
            }
            return node;
        };
    }

    private Part single() {
        CodePoints set = set();
        boolean counted = pattern.startsWith("{", at);
        int[] times = times();
        if (counted && at < pattern.length() && "?+".indexOf(pattern.charAt(at)) >= 0) {
            // another thing in each dialect
            throw sets.unknown("a count with " + pattern.charAt(at) + " behind it");
        }
        if (taken("?")) {
            return next -> RegexNode.repeatLazily(set, times[0], times[1], next);
        }
        boolean possessive = taken("+");
        return next -> RegexNode.repeat(set, times[0], times[1], possessive, next);
    }

    private CodePoints set() {
        int[] place = {at};
        CodePoints set = sets.read(place, ignoreCase);
        at = place[0];
        return set;
    }

    private Part group() {
        boolean outer = ignoreCase;
        Part part;
        if (taken("(?!")) {
            part = looking(false);
        } else if (taken("(?=")) {
            part = looking(true);
        } else if (taken("(?>")) {
            Part body = alternatives();
            part = next -> RegexNode.atomic(body.before(RegexNode.END), next);
        } else {
            ignoreCase |= taken("(?i:") || !taken("(?:") && refusedOrPlain();
            part = alternatives();
        }
        ignoreCase = outer;
        if (!taken(")")) {
            throw sets.unknown("a ) is missing");
        }
        return repeated(part);
    }

    private boolean refusedOrPlain() {
        if (pattern.startsWith("(?", at)) {
            throw sets.unknown(pattern.substring(at, Math.min(at + 4, pattern.length())));
        }
        at++;
        return false;
    }

    private Part looking(boolean wanted) {
        Part body = alternatives();
        return next -> RegexNode.ahead(body.before(RegexNode.END), wanted, next);
    }

    private Part repeated(Part part) {
        int[] times = times();
        if (times[0] == 1 && times[1] == 1) {
            return part;
        }
        if (times[1] > MOST_COPIES) {
            throw sets.unknown("a group repeated more than " + MOST_COPIES + " times");
        }
        if (at < pattern.length() && "?+".indexOf(pattern.charAt(at)) >= 0) {
            throw sets.unknown("a group repeated lazily or possessively");
        }
        return next -> {
            RegexNode node = optional(part, times, next);
            for (int copy = 0; copy < times[0]; copy++) {
                node = part.before(node);
            }
            return node;
        };
    }

    private static RegexNode optional(Part part, int[] times, RegexNode next) {
        RegexNode node = next;
        for (int copy = times[0]; copy < times[1]; copy++) {
            List<RegexNode> ways = new ArrayList<>();
            ways.add(part.before(node));
            ways.add(next);
            node = RegexNode.either(ways);
        }
        return node;
    }

    /** The least and the most times of what stands before. */
    private int[] times() {
        if (taken("*")) {
            return new int[] {0, RegexNode.ANY_NUMBER};
        }
        if (taken("+")) {
            return new int[] {1, RegexNode.ANY_NUMBER};
        }
        if (taken("?")) {
            return new int[] {0, 1};
        }
        if (!pattern.startsWith("{", at)) {
            return new int[] {1, 1};
        }
        int end = pattern.indexOf('}', at);
        String[] bounds = end < 0 ? new String[0] : pattern.substring(at + 1, end).split(",", -1);
        if (bounds.length < 1 || bounds.length > 2 || !bounds[0].matches("[0-9]{0,4}") || bounds[0].isEmpty()
                && bounds.length == 1 || bounds.length == 2 && !bounds[1].matches("[0-9]{0,4}")) {
            throw sets.unknown(pattern.substring(at));
        }
        at = end + 1;
        int least = bounds[0].isEmpty() ? 0 : Integer.parseInt(bounds[0]);
        if (bounds.length == 1) {
            return new int[] {least, least};
        }
        return new int[] {least, bounds[1].isEmpty() ? RegexNode.ANY_NUMBER : Integer.parseInt(bounds[1])};
    }

    private boolean taken(String wanted) {
        boolean found = pattern.startsWith(wanted, at);
        if (found) {
            at += wanted.length();
        }
        return found;
    }
}
