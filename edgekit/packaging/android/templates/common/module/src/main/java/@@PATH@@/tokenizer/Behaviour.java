// What becomes of the matches at which a text is split.
package @@ID@@.tokenizer;

import @@ID@@.ModelException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;

/** The five ways of tokenizer.json. */
enum Behaviour {
    REMOVED,
    ISOLATED,
    CONTIGUOUS,
    MERGED_WITH_PREVIOUS,
    MERGED_WITH_NEXT;

    static Behaviour named(String name) {
        for (Behaviour one : values()) {
            if (one.name().replace("_", "").equalsIgnoreCase(name)) {
                return one;
            }
        }
        throw new ModelException("tokenizer.json splits in a way that this package does not know: " + name);
    }

    /** The parts that are kept, each from its start up to its end. */
    List<Cut> applied(List<Cut> cuts) {
        switch (this) {
            case REMOVED:
                return between(cuts);
            case CONTIGUOUS:
                return contiguous(cuts);
            case MERGED_WITH_PREVIOUS:
                return mergedWithPrevious(cuts);
            case MERGED_WITH_NEXT:
                return mergedWithNext(cuts);
            default:
                return cuts;
        }
    }

    private static List<Cut> between(List<Cut> cuts) {
        List<Cut> kept = new ArrayList<>();
        for (Cut cut : cuts) {
            if (!cut.match) {
                kept.add(cut);
            }
        }
        return kept;
    }

    private static List<Cut> contiguous(List<Cut> cuts) {
        List<Cut> kept = new ArrayList<>();
        boolean previous = false;
        for (Cut cut : cuts) {
            if (cut.match == previous && !kept.isEmpty()) {
                extendLast(kept, cut.end);
            } else {
                kept.add(cut);
            }
            previous = cut.match;
        }
        return kept;
    }

    private static List<Cut> mergedWithPrevious(List<Cut> cuts) {
        List<Cut> kept = new ArrayList<>();
        boolean previous = false;
        for (Cut cut : cuts) {
            if (cut.match && !previous && !kept.isEmpty()) {
                extendLast(kept, cut.end);
            } else {
                kept.add(cut);
            }
            previous = cut.match;
        }
        return kept;
    }

    private static List<Cut> mergedWithNext(List<Cut> cuts) {
        List<Cut> kept = new ArrayList<>();
        boolean previous = false;
        for (int index = cuts.size() - 1; index >= 0; index--) {
            Cut cut = cuts.get(index);
            if (cut.match && !previous && !kept.isEmpty()) {
                Cut last = kept.remove(kept.size() - 1);
                kept.add(new Cut(cut.start, last.end, false));
            } else {
                kept.add(cut);
            }
            previous = cut.match;
        }
        Collections.reverse(kept);
        return kept;
    }

    private static void extendLast(List<Cut> kept, int end) {
        Cut last = kept.remove(kept.size() - 1);
        kept.add(new Cut(last.start, end, false));
    }
}
