// A tokenizer.json as a function from text to ids and back.
package @@ID@@.tokenizer;

import @@ID@@.ModelException;
import @@ID@@.json.Json;
import @@ID@@.json.JsonObject;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;

/**
 * The ids that Hugging Face tokenizers gives; never padded. May be used from several threads.
 *
 * <p>What a tokenizer.json has that is not known here is refused by name when it is read, never skipped.
 */
public final class Tokenizer {
    private final PreTokenizer preTokenizer;
    private final Model model;
    private final PostProcessor postProcessor;
    private final Decoder decoder;
    private final AddedTokens added;

    /** Reads the text of a tokenizer.json; {@link ModelException} for what cannot be read or is not known. */
    public Tokenizer(String json) {
        JsonObject config = Json.parseObject(json);
        preTokenizer = config.has("pre_tokenizer") ? PreTokenizers.from(config.object("pre_tokenizer")) : null;
        model = Models.from(config.object("model"));
        postProcessor =
                config.has("post_processor")
                        ? PostProcessors.from(config.object("post_processor"))
                        : PostProcessors.NONE;
        decoder = config.has("decoder") ? Decoders.from(config.object("decoder")) : null;
        Normalizer normalizer = config.has("normalizer") ? Normalizers.from(config.object("normalizer")) : null;
        added = new AddedTokens(config.objects("added_tokens"), model, normalizer);
    }

    /** The ids of a whole text, with the tokens that the model expects around it. */
    public Encoding encode(String text) {
        return joined(postProcessor.process(Collections.singletonList(plain(text, 0))));
    }

    /**
     * The ids of a text, or of a pair of texts, cut to `longest` tokens, special ones included. A pair loses tokens of
     * its longer text first. `pair` may be null.
     */
    public Encoding encode(String text, String pair, int longest) {
        int room = longest - postProcessor.added(pair != null);
        if (room < 0 || room == 0 && pair == null) {
            throw new ModelException("a length of " + longest + " leaves no room beside the special tokens");
        }
        Encoding first = plain(text, 0);
        if (pair == null) {
            return joined(postProcessor.process(Collections.singletonList(first.first(room))));
        }
        Encoding second = plain(pair, 1);
        int[] lengths = cut(first.length(), second.length(), room);
        return joined(postProcessor.process(Arrays.asList(first.first(lengths[0]), second.first(lengths[1]))));
    }

    /** The text of ids, special tokens left out. Bytes that are no UTF-8 become U+FFFD. */
    public String decode(int[] ids) {
        List<String> tokens = new ArrayList<>();
        for (int id : ids) {
            String token = added.tokenOf(id) != null ? added.tokenOf(id) : model.vocabulary().tokenOf(id);
            if (token != null && !added.isSpecial(token)) {
                tokens.add(token);
            }
        }
        return decoder == null ? Decoders.joined(tokens, " ") : Decoders.joined(decoder.decode(tokens), "");
    }

    private Encoding plain(String text, int typeId) {
        checkWhole(text);
        List<Piece> pieces = added.split(text);
        if (preTokenizer != null) {
            pieces = PreTokenizers.apply(preTokenizer, pieces);
        }
        Ids ids = new Ids();
        for (Piece piece : pieces) {
            if (piece.id != Piece.NO_ID) {
                ids.add(piece.id);
            } else {
                model.encode(piece.text, ids);
            }
        }
        return Encoding.of(ids.toArray(), typeId);
    }

    /** How much of each of two texts is kept: the longer one loses first, then both share the room. */
    private static int[] cut(int first, int second, int room) {
        if (first + second <= room) {
            return new int[] {first, second};
        }
        int shorter = Math.min(first, second);
        int longer = shorter > room ? shorter : Math.max(shorter, room - shorter);
        if (shorter + longer > room) {
            shorter = room / 2;
            longer = shorter + room % 2;
        }
        return first > second ? new int[] {longer, shorter} : new int[] {shorter, longer};
    }

    private static Encoding joined(List<Encoding> encodings) {
        Encoding found = encodings.get(0);
        for (Encoding next : encodings.subList(1, encodings.size())) {
            found = found.then(next);
        }
        return found;
    }

    private static void checkWhole(String text) {
        for (int at = 0; at < text.length(); ) {
            int point = text.codePointAt(at);
            if (point >= Character.MIN_SURROGATE && point <= Character.MAX_SURROGATE) {
                throw new ModelException("the text has half a character at " + at + ": it is no valid Unicode");
            }
            at += Character.charCount(point);
        }
    }
}
