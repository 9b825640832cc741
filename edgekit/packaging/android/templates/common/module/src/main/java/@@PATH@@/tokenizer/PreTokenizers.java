// Pre-tokenizers from their descriptions in tokenizer.json.
package @@ID@@.tokenizer;

import @@ID@@.ModelException;
import @@ID@@.json.JsonObject;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;

/** Builds pre-tokenizers; one that is not known is refused by its name. */
final class PreTokenizers {
    private static final String WORDS = "\\w+|[^\\w\\s]+";

    private PreTokenizers() {}

    static PreTokenizer from(JsonObject config) {
        String type = config.text("type");
        switch (type) {
            case "BertPreTokenizer":
                return sequence(points(Unicode.SPACE, "Removed"), points(Unicode.PUNCTUATION, "Isolated"));
            case "ByteLevel":
                return new ByteLevel(config.bool("add_prefix_space"), config.boolOr("use_regex", true));
            case "Metaspace":
                return new Metaspace(config);
            case "Whitespace":
                return words();
            case "WhitespaceSplit":
                return points(Unicode.SPACE, "Removed");
            case "Split":
                return split(config);
            case "Digits":
                return points(Unicode.NUMERIC, config.bool("individual_digits") ? "Isolated" : "Contiguous");
            case "Punctuation":
                return points(Unicode.PUNCTUATION, config.textOr("behavior", "Isolated"));
            case "Sequence":
                return sequence(config.objects("pretokenizers"));
            default:
                throw new ModelException("tokenizer.json has a pre-tokenizer unknown to this package: " + type);
        }
    }

    /** All pieces after one step; those that have an id pass through. */
    static List<Piece> apply(PreTokenizer step, List<Piece> pieces) {
        List<Piece> found = new ArrayList<>();
        for (Piece piece : pieces) {
            if (piece.id == Piece.NO_ID) {
                found.addAll(step.split(piece));
            } else {
                found.add(piece);
            }
        }
        return found;
    }

    private static PreTokenizer points(CodePoints set, String behaviour) {
        Splitter splitter = Splitters.points(set);
        Behaviour what = Behaviour.named(behaviour);
        return piece -> piece.split(splitter, what);
    }

    private static PreTokenizer words() {
        Splitter splitter = Splitters.inverted(Splitters.regex(new Regex(WORDS, Unicode.WORD)));
        return piece -> piece.split(splitter, Behaviour.REMOVED);
    }

    private static PreTokenizer split(JsonObject config) {
        Splitter pattern = Splitters.from(config.object("pattern"));
        Splitter splitter = config.bool("invert") ? Splitters.inverted(pattern) : pattern;
        Behaviour behaviour = Behaviour.named(config.text("behavior"));
        return piece -> piece.split(splitter, behaviour);
    }

    private static PreTokenizer sequence(List<JsonObject> configs) {
        List<PreTokenizer> steps = new ArrayList<>();
        for (JsonObject config : configs) {
            steps.add(from(config));
        }
        return sequence(steps.toArray(new PreTokenizer[0]));
    }

    private static PreTokenizer sequence(PreTokenizer... steps) {
        return piece -> {
            List<Piece> pieces = Collections.singletonList(piece);
            for (PreTokenizer step : steps) {
                pieces = apply(step, pieces);
            }
            return pieces;
        };
    }
}
