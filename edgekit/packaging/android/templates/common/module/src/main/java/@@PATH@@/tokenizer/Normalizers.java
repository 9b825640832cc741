// Normalizers from their descriptions in tokenizer.json.
package @@ID@@.tokenizer;

import @@ID@@.ModelException;
import @@ID@@.json.JsonObject;
import java.util.ArrayList;
import java.util.List;

/** Builds normalizers; one that is not known is refused by its name. */
final class Normalizers {
    private Normalizers() {}

    static Normalizer from(JsonObject config) {
        String type = config.text("type");
        switch (type) {
            case "BertNormalizer":
                return new BertNormalizer(config);
            case "NFC":
                return text -> text.text = UnicodeForms.composed(text.text, false);
            case "NFD":
                return text -> text.text = UnicodeForms.decomposed(text.text, false);
            case "NFKC":
                return text -> text.text = UnicodeForms.composed(text.text, true);
            case "NFKD":
                return text -> text.text = UnicodeForms.decomposed(text.text, true);
            case "Lowercase":
                return text -> text.text = Unicode.lower(text.text);
            case "StripAccents":
                return text -> text.drop(Unicode.MARK);
            case "Replace":
                return replace(config);
            case "Prepend":
                return prepend(config.text("prepend"));
            case "Strip":
                return strip(config.bool("strip_left"), config.bool("strip_right"));
            case "Precompiled":
                return new Precompiled(config.text("precompiled_charsmap"));
            case "Sequence":
                return sequence(config.objects("normalizers"));
            default:
                throw new ModelException("tokenizer.json has a normalizer that this package does not know: " + type);
        }
    }

    private static Normalizer prepend(String start) {
        return text -> {
            if (!text.text.isEmpty()) {
                text.text = start + text.text;
            }
        };
    }

    private static Normalizer strip(boolean left, boolean right) {
        return text -> {
            int from = 0;
            int to = text.text.length();
            while (left && from < to && Unicode.SPACE.contains(text.text.charAt(from))) {
                from++;
            }
            while (right && to > from && Unicode.SPACE.contains(text.text.charAt(to - 1))) {
                to--;
            }
            text.fromStart &= from == 0;
            text.text = text.text.substring(from, to);
        };
    }

    private static Normalizer replace(JsonObject config) {
        Splitter pattern = Splitters.from(config.object("pattern"));
        String content = config.text("content");
        return text -> {
            StringBuilder replaced = new StringBuilder(text.text.length());
            for (Cut cut : pattern.cuts(text.text)) {
                if (cut.match && cut.start == 0) {
                    // what replaces several characters stands where the last of them stood
                    text.fromStart &= !content.isEmpty() && text.text.codePointCount(0, cut.end) == 1;
                }
                replaced.append(cut.match ? content : text.text.substring(cut.start, cut.end));
            }
            text.text = replaced.toString();
        };
    }

    private static Normalizer sequence(List<JsonObject> configs) {
        List<Normalizer> steps = new ArrayList<>();
        for (JsonObject config : configs) {
            steps.add(from(config));
        }
        return text -> {
            for (Normalizer step : steps) {
                step.normalize(text);
            }
        };
    }
}
