// A step that splits a text into pieces.
package @@ID@@.tokenizer;

import java.util.List;

/** Splits a piece that has no id yet. */
interface PreTokenizer {
    List<Piece> split(Piece piece);
}
