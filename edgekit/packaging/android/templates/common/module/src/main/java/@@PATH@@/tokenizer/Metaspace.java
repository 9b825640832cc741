// SentencePiece's pieces: spaces become a mark, and words begin with it.
package @@ID@@.tokenizer;

import @@ID@@.ModelException;
import @@ID@@.json.JsonObject;
import java.util.Collections;
import java.util.List;

/** Replaces spaces by a mark, puts it before the text where asked to, and splits before each. */
final class Metaspace implements PreTokenizer {
    private final String mark;
    private final String scheme;
    private final boolean split;

    Metaspace(JsonObject config) {
        mark = config.text("replacement");
        // older files say `add_prefix_space` instead
        scheme = config.boolOr("add_prefix_space", true) ? config.textOr("prepend_scheme", "always") : "never";
        split = config.boolOr("split", true);
        if (!scheme.equals("always") && !scheme.equals("first") && !scheme.equals("never")) {
            throw new ModelException("tokenizer.json has a prepend_scheme that this package does not know: " + scheme);
        }
    }

    @Override
    public List<Piece> split(Piece piece) {
        String text = piece.text.replace(" ", mark);
        if (wantsMark(piece) && !text.startsWith(mark)) {
            text = mark + text;
        }
        Piece marked = piece.with(text);
        if (!split) {
            return Collections.singletonList(marked);
        }
        return marked.split(Splitters.points(point -> point == mark.codePointAt(0)), Behaviour.MERGED_WITH_NEXT);
    }

    private boolean wantsMark(Piece piece) {
        return scheme.equals("always") || scheme.equals("first") && piece.fromStart;
    }
}
