// A piece of a text on its way to the model.
package @@ID@@.tokenizer;

import java.util.ArrayList;
import java.util.List;

/** A piece of a text; with an id where it is an added token already; and whether the input begins with it. */
final class Piece {
    static final int NO_ID = -1;

    final String text;
    final int id;
    final boolean fromStart;

    Piece(String text, int id, boolean fromStart) {
        this.text = text;
        this.id = id;
        this.fromStart = fromStart;
    }

    Piece with(String other) {
        return new Piece(other, id, fromStart);
    }

    /** What is kept of this piece when it is split; nothing empty. */
    List<Piece> split(Splitter splitter, Behaviour behaviour) {
        List<Piece> pieces = new ArrayList<>();
        for (Cut cut : behaviour.applied(splitter.cuts(text))) {
            if (cut.end > cut.start) {
                pieces.add(new Piece(text.substring(cut.start, cut.end), NO_ID, fromStart && cut.start == 0));
            }
        }
        return pieces;
    }
}
