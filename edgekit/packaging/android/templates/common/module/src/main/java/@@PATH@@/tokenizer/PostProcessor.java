// A step that puts special tokens around what was encoded.
package @@ID@@.tokenizer;

import java.util.List;

/** Turns the encodings of a text, and of its pair where there is one, into those that the model gets. */
interface PostProcessor {
    /** How many tokens it adds. */
    int added(boolean pair);

    List<Encoding> process(List<Encoding> encodings);
}
