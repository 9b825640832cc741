// Where a pattern matches in a text.
package @@ID@@.tokenizer;

import java.util.List;

/** Cuts a whole text into matches and what lies between. */
interface Splitter {
    List<Cut> cuts(String text);
}
