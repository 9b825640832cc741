// Bytes as text, where some may be no UTF-8.
package @@ID@@.tokenizer;

/**
 * One U+FFFD for each longest beginning of a character that breaks off, as the Unicode standard recommends.
 *
 * <p>Platforms differ in this, and a text that grows byte by byte is compared with its own beginning.
 */
final class Utf8 {
    private static final char UNKNOWN = '\uFFFD';

    private Utf8() {}

    static String lossy(byte[] bytes) {
        StringBuilder text = new StringBuilder(bytes.length);
        for (int at = 0; at < bytes.length; ) {
            int lead = bytes[at] & 0xFF;
            int wanted = lead < 0x80 ? 0 : lead >= 0xC2 && lead < 0xE0 ? 1 : lead >= 0xE0 && lead < 0xF0 ? 2
                    : lead >= 0xF0 && lead < 0xF5 ? 3 : -1;
            int point = wanted <= 0 ? lead : lead & 0x3F >> wanted;
            int taken = 0;
            while (taken < wanted && at + 1 + taken < bytes.length
                    && fits(lead, taken, bytes[at + 1 + taken] & 0xFF)) {
                point = point << 6 | bytes[at + 1 + taken] & 0x3F;
                taken++;
            }
            if (taken == wanted) {
                text.appendCodePoint(point);
            } else {
                text.append(UNKNOWN);
            }
            at += 1 + taken;
        }
        return text.toString();
    }

    /** Whether a byte may follow: the second one of some leads is narrower, which rules out surrogates. */
    private static boolean fits(int lead, int taken, int next) {
        int low = 0x80;
        int high = 0xBF;
        if (taken == 0) {
            low = lead == 0xE0 ? 0xA0 : lead == 0xF0 ? 0x90 : low;
            high = lead == 0xED ? 0x9F : lead == 0xF4 ? 0x8F : high;
        }
        return next >= low && next <= high;
    }
}
