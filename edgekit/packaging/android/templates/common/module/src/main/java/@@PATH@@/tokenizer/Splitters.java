// Patterns that cut a text: sets of code points, plain strings, regular expressions.
package @@ID@@.tokenizer;

import @@ID@@.ModelException;
import @@ID@@.json.JsonObject;
import java.util.ArrayList;
import java.util.List;

/** Builds splitters. */
final class Splitters {
    private Splitters() {}

    /** A pattern of tokenizer.json: `{"String": ...}` or `{"Regex": ...}`. */
    static Splitter from(JsonObject pattern) {
        if (pattern.has("Regex")) {
            return regex(new Regex(pattern.text("Regex")));
        }
        return string(pattern.text("String"));
    }

    /** Each code point of a set is a match of its own. */
    static Splitter points(CodePoints set) {
        return text -> {
            List<Cut> cuts = new ArrayList<>();
            int last = 0;
            for (int at = 0; at < text.length(); ) {
                int point = text.codePointAt(at);
                int next = at + Character.charCount(point);
                if (set.contains(point)) {
                    addMatch(cuts, last, at, next);
                    last = next;
                }
                at = next;
            }
            addRest(cuts, last, text.length());
            return cuts;
        };
    }

    static Splitter regex(Regex regex) {
        return text -> {
            List<Cut> cuts = new ArrayList<>();
            int last = 0;
            for (int[] match : regex.findAll(text)) {
                addMatch(cuts, last, match[0], match[1]);
                last = match[1];
            }
            addRest(cuts, last, text.length());
            return cuts;
        };
    }

    static Splitter inverted(Splitter splitter) {
        return text -> {
            List<Cut> cuts = new ArrayList<>();
            for (Cut cut : splitter.cuts(text)) {
                cuts.add(new Cut(cut.start, cut.end, !cut.match));
            }
            return cuts;
        };
    }

    private static Splitter string(String wanted) {
        if (wanted.isEmpty()) {
            throw new ModelException("tokenizer.json has an empty pattern");
        }
        return text -> {
            List<Cut> cuts = new ArrayList<>();
            int last = 0;
            for (int at = text.indexOf(wanted); at >= 0; at = text.indexOf(wanted, last)) {
                addMatch(cuts, last, at, at + wanted.length());
                last = at + wanted.length();
            }
            addRest(cuts, last, text.length());
            return cuts;
        };
    }

    private static void addMatch(List<Cut> cuts, int last, int start, int end) {
        if (last != start) {
            cuts.add(new Cut(last, start, false));
        }
        cuts.add(new Cut(start, end, true));
    }

    private static void addRest(List<Cut> cuts, int last, int end) {
        if (last != end) {
            cuts.add(new Cut(last, end, false));
        }
    }
}
