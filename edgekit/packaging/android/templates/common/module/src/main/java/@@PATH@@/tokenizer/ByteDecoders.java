// Tokens that are bytes, as text.
package @@ID@@.tokenizer;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;

/** Bytes that are no UTF-8 become U+FFFD, as many as the library makes of them. */
final class ByteDecoders {
    private static final String UNKNOWN = "\uFFFD";
    // `<0x41>`
    private static final int TOKEN_LENGTH = 6;

    private ByteDecoders() {}

    /** GPT-2's visible characters as the bytes that they stand for; a token with any other is its own bytes. */
    static List<String> byteLevel(List<String> tokens) {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        for (String token : tokens) {
            byte[] plain = token.getBytes(StandardCharsets.UTF_8);
            byte[] found = bytesOf(token);
            byte[] used = found == null ? plain : found;
            bytes.write(used, 0, used.length);
        }
        return Collections.singletonList(Utf8.lossy(bytes.toByteArray()));
    }

    /** Runs of `<0x41>` as text; a run that is no UTF-8 as one U+FFFD a byte. */
    static List<String> byteFallback(List<String> tokens) {
        List<String> found = new ArrayList<>();
        ByteArrayOutputStream run = new ByteArrayOutputStream();
        for (String token : tokens) {
            int value = value(token);
            if (value >= 0) {
                run.write(value);
            } else {
                flush(run, found);
                found.add(token);
            }
        }
        flush(run, found);
        return found;
    }

    private static void flush(ByteArrayOutputStream run, List<String> found) {
        if (run.size() == 0) {
            return;
        }
        try {
            // this decoder reports what is no UTF-8, unlike the constructor of a string
            found.add(StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(run.toByteArray())).toString());
        } catch (CharacterCodingException error) {
            for (int index = 0; index < run.size(); index++) {
                found.add(UNKNOWN);
            }
        }
        run.reset();
    }

    private static int value(String token) {
        if (token.length() != TOKEN_LENGTH || !token.startsWith("<0x") || !token.endsWith(">")) {
            return -1;
        }
        int high = Character.digit(token.charAt(3), 16);
        int low = Character.digit(token.charAt(4), 16);
        return high < 0 || low < 0 ? -1 : high << 4 | low;
    }

    private static byte[] bytesOf(String token) {
        byte[] found = new byte[token.length()];
        for (int index = 0; index < found.length; index++) {
            int value = ByteLevel.byteOf(token.charAt(index));
            if (value < 0) {
                return null;
            }
            found[index] = (byte) value;
        }
        return found;
    }
}
