// GPT-2's pieces: words with their leading space, each byte written as a visible character.
package @@ID@@.tokenizer;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;

/** Splits by GPT-2's pattern where asked to, and writes UTF-8 bytes as characters. */
final class ByteLevel implements PreTokenizer {
    private static final Splitter WORDS = Splitters.regex(
            new Regex("'s|'t|'re|'ve|'m|'ll|'d| ?\\p{L}+| ?\\p{N}+| ?[^\\s\\p{L}\\p{N}]+|\\s+(?!\\S)|\\s+"));
    private static final char[] CHARACTERS = characters();
    // the bytes that stand for themselves lie below this; the others are counted up from 256
    private static final int BYTES = 256;

    private final boolean prefixSpace;
    private final boolean useRegex;

    ByteLevel(boolean prefixSpace, boolean useRegex) {
        this.prefixSpace = prefixSpace;
        this.useRegex = useRegex;
    }

    @Override
    public List<Piece> split(Piece piece) {
        Piece whole = prefixSpace && !piece.text.startsWith(" ") ? piece.with(" " + piece.text) : piece;
        List<Piece> words = useRegex ? whole.split(WORDS, Behaviour.ISOLATED) : Collections.singletonList(whole);
        List<Piece> pieces = new ArrayList<>();
        for (Piece word : words) {
            pieces.add(word.with(written(word.text)));
        }
        return pieces;
    }

    /** The byte that a character stands for; -1 for a character that stands for none. */
    static int byteOf(int character) {
        for (int value = 0; value < BYTES; value++) {
            if (CHARACTERS[value] == character) {
                return value;
            }
        }
        return -1;
    }

    private static String written(String text) {
        byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
        StringBuilder found = new StringBuilder(bytes.length);
        for (byte value : bytes) {
            found.append(CHARACTERS[value & 0xFF]);
        }
        return found.toString();
    }

    private static char[] characters() {
        char[] found = new char[BYTES];
        char next = BYTES;
        for (int value = 0; value < BYTES; value++) {
            boolean visible = value >= '!' && value <= '~' || value >= 0xA1 && value != 0xAD;
            found[value] = visible ? (char) value : next++;
        }
        return found;
    }
}
