// A step that makes text of tokens.
package @@ID@@.tokenizer;

import java.util.List;

/** Turns tokens into pieces of text. */
interface Decoder {
    List<String> decode(List<String> tokens);
}
