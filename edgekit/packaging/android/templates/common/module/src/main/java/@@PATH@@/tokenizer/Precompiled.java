// SentencePiece's map of characters: a double array that leads from UTF-8 to what replaces it.
package @@ID@@.tokenizer;

import @@ID@@.ModelException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.List;

/** Graphemes of fewer than six bytes are looked up whole, others character by character, as the library does. */
final class Precompiled implements Normalizer {
    private static final int SHORT = 6;

    private final int[] units;
    private final byte[] replacements;

    Precompiled(String charsmap) {
        try {
            ByteBuffer bytes = ByteBuffer.wrap(Base64.decode(charsmap)).order(ByteOrder.LITTLE_ENDIAN);
            units = new int[bytes.getInt() / 4];
            for (int index = 0; index < units.length; index++) {
                units[index] = bytes.getInt();
            }
            replacements = new byte[bytes.remaining()];
            bytes.get(replacements);
        } catch (RuntimeException error) {
            throw new ModelException("the charsmap of tokenizer.json cannot be read", error);
        }
    }

    @Override
    public void normalize(Normalized text) {
        StringBuilder found = new StringBuilder(text.text.length());
        List<String> graphemes = Graphemes.of(text.text);
        for (String grapheme : graphemes) {
            String whole = byteLength(grapheme) < SHORT ? replacement(grapheme) : null;
            if (whole != null) {
                found.append(whole);
            } else {
                appendEach(grapheme, found);
            }
        }
        text.text = found.toString();
    }

    private void appendEach(String grapheme, StringBuilder found) {
        for (int at = 0; at < grapheme.length(); ) {
            int size = Character.charCount(grapheme.codePointAt(at));
            String character = grapheme.substring(at, at + size);
            String other = replacement(character);
            found.append(other == null ? character : other);
            at += size;
        }
    }

    /** What the shortest beginning of `key` in the map becomes; null where there is none. */
    private String replacement(String key) {
        int node = offset(units[0]);
        for (byte part : key.getBytes(StandardCharsets.UTF_8)) {
            int label = part & 0xFF;
            if (label == 0) {
                return null;
            }
            node ^= label;
            if (node >= units.length || (units[node] & 0x800000FF) != label) {
                return null;
            }
            int unit = units[node];
            node ^= offset(unit);
            if ((unit >>> 8 & 1) == 1) {
                return text(units[node] & 0x7FFFFFFF);
            }
        }
        return null;
    }

    private static int offset(int unit) {
        return (unit >>> 10) << ((unit & 0x200) >>> 6);
    }

    private String text(int start) {
        int end = start;
        while (end < replacements.length && replacements[end] != 0) {
            end++;
        }
        return new String(replacements, start, end - start, StandardCharsets.UTF_8);
    }

    private static int byteLength(String text) {
        // longer ones need not be counted
        return text.length() >= SHORT ? SHORT : text.getBytes(StandardCharsets.UTF_8).length;
    }
}
