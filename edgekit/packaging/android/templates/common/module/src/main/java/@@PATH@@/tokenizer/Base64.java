// Base64 to bytes: java.util has it from Android 26 on only.
package @@ID@@.tokenizer;

import java.io.ByteArrayOutputStream;

/** Decodes the standard alphabet. */
final class Base64 {
    private static final String ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

    private Base64() {}

    static byte[] decode(String text) {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream(text.length() * 3 / 4);
        int bits = 0;
        int count = 0;
        for (int at = 0; at < text.length() && text.charAt(at) != '='; at++) {
            int value = ALPHABET.indexOf(text.charAt(at));
            if (value < 0) {
                throw new IllegalArgumentException("not Base64 at character " + at);
            }
            bits = bits << 6 | value;
            count += 6;
            if (count >= 8) {
                count -= 8;
                bytes.write(bits >>> count);
            }
        }
        return bytes.toByteArray();
    }
}
