// Decoders from their descriptions in tokenizer.json.
package @@ID@@.tokenizer;

import @@ID@@.ModelException;
import @@ID@@.json.JsonObject;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;

/** Builds decoders; one that is not known is refused by its name. */
final class Decoders {
    private Decoders() {}

    static Decoder from(JsonObject config) {
        String type = config.text("type");
        switch (type) {
            case "WordPiece":
                return new WordPieceDecoder(config.text("prefix"), config.boolOr("cleanup", true));
            case "ByteLevel":
                return ByteDecoders::byteLevel;
            case "ByteFallback":
                return ByteDecoders::byteFallback;
            case "Metaspace":
                return metaspace(config);
            case "Fuse":
                return tokens -> Collections.singletonList(joined(tokens, ""));
            case "Strip":
                return strip(config);
            case "Replace":
                return replace(config);
            case "Sequence":
                return sequence(config.objects("decoders"));
            default:
                throw new ModelException("tokenizer.json has a decoder that this package does not know: " + type);
        }
    }

    static String joined(List<String> tokens, String between) {
        StringBuilder found = new StringBuilder();
        for (int index = 0; index < tokens.size(); index++) {
            found.append(index == 0 ? "" : between).append(tokens.get(index));
        }
        return found.toString();
    }

    private static Decoder metaspace(JsonObject config) {
        String mark = config.text("replacement");
        boolean never = !config.boolOr("add_prefix_space", true)
                || config.textOr("prepend_scheme", "").equals("never");
        return tokens -> {
            List<String> found = new ArrayList<>();
            for (int index = 0; index < tokens.size(); index++) {
                found.add(tokens.get(index).replace(mark, index == 0 && !never ? "" : " "));
            }
            return found;
        };
    }

    private static Decoder strip(JsonObject config) {
        char content = config.text("content").charAt(0);
        int start = config.whole("start");
        int stop = config.whole("stop");
        return tokens -> {
            List<String> found = new ArrayList<>();
            for (String token : tokens) {
                int from = 0;
                int to = token.length();
                while (from < to && from < start && token.charAt(from) == content) {
                    from++;
                }
                while (to > from && token.length() - to < stop && token.charAt(to - 1) == content) {
                    to--;
                }
                found.add(token.substring(from, to));
            }
            return found;
        };
    }

    private static Decoder replace(JsonObject config) {
        Splitter pattern = Splitters.from(config.object("pattern"));
        String content = config.text("content");
        return tokens -> {
            List<String> found = new ArrayList<>();
            for (String token : tokens) {
                StringBuilder text = new StringBuilder();
                for (Cut cut : pattern.cuts(token)) {
                    text.append(cut.match ? content : token.substring(cut.start, cut.end));
                }
                found.add(text.toString());
            }
            return found;
        };
    }

    private static Decoder sequence(List<JsonObject> configs) {
        List<Decoder> steps = new ArrayList<>();
        for (JsonObject config : configs) {
            steps.add(from(config));
        }
        return tokens -> {
            List<String> found = tokens;
            for (Decoder step : steps) {
                found = step.decode(found);
            }
            return found;
        };
    }
}
