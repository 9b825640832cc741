// BERT's normalization: control characters, Chinese characters, accents, lower case.
package @@ID@@.tokenizer;

import @@ID@@.json.JsonObject;

/** Each of the four steps where the tokenizer asks for it, in this order. */
final class BertNormalizer implements Normalizer {
    private static final int[] CHINESE = {
        0x3400, 0x4DBF, 0x4E00, 0x9FFF, 0xF900, 0xFAFF, 0x20000, 0x2A6DF,
        0x2A700, 0x2B73F, 0x2B740, 0x2B81F, 0x2B920, 0x2CEAF, 0x2F800, 0x2FA1F,
    };

    private final boolean clean;
    private final boolean chinese;
    private final boolean strip;
    private final boolean lower;

    BertNormalizer(JsonObject config) {
        clean = config.bool("clean_text");
        chinese = config.bool("handle_chinese_chars");
        lower = config.bool("lowercase");
        strip = config.boolOr("strip_accents", lower);
    }

    @Override
    public void normalize(Normalized text) {
        if (clean) {
            text.drop(Unicode.CLEANED);
            text.text = spaced(text.text);
        }
        if (chinese) {
            text.text = apart(text.text);
        }
        if (strip) {
            text.text = UnicodeForms.decomposed(text.text, false);
            text.drop(Unicode.ACCENT);
        }
        if (lower) {
            text.text = Unicode.lower(text.text);
        }
    }

    private static String spaced(String text) {
        StringBuilder found = new StringBuilder(text.length());
        // all white space lies in the basic plane
        for (int at = 0; at < text.length(); at++) {
            char unit = text.charAt(at);
            found.append(Unicode.SPACE.contains(unit) ? ' ' : unit);
        }
        return found.toString();
    }

    private static String apart(String text) {
        StringBuilder found = new StringBuilder(text.length());
        for (int at = 0; at < text.length(); ) {
            int point = text.codePointAt(at);
            if (isChinese(point)) {
                found.append(' ').appendCodePoint(point).append(' ');
            } else {
                found.appendCodePoint(point);
            }
            at += Character.charCount(point);
        }
        return found.toString();
    }

    private static boolean isChinese(int point) {
        for (int index = 0; index < CHINESE.length; index += 2) {
            if (point >= CHINESE[index] && point <= CHINESE[index + 1]) {
                return true;
            }
        }
        return false;
    }
}
