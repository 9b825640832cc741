// Tokens that are looked for in a text before anything else is done with it.
package @@ID@@.tokenizer;

import @@ID@@.json.JsonObject;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** First those that stand in the text as it is, then, in what is left, those that stand in it once normalized. */
final class AddedTokens {
    private final Normalizer normalizer;
    private final TokenFinder plain = new TokenFinder();
    private final TokenFinder normalized = new TokenFinder();
    private final Map<Integer, String> contents = new HashMap<>();
    private final Set<String> special = new HashSet<>();

    /** `normalizer` may be null. */
    AddedTokens(List<JsonObject> configs, Model model, Normalizer normalizer) {
        this.normalizer = normalizer;
        List<AddedToken> tokens = new ArrayList<>();
        for (JsonObject config : configs) {
            Integer known = model.vocabulary().idOf(config.text("content"));
            tokens.add(new AddedToken(config, known != null ? known : config.whole("id")));
        }
        // of two that look the same once normalized a special one is found first
        add(tokens, true);
        add(tokens, false);
    }

    private void add(List<AddedToken> tokens, boolean specialOnes) {
        for (AddedToken token : tokens) {
            if (token.special != specialOnes || token.content.isEmpty()) {
                continue;
            }
            contents.put(token.id, token.content);
            if (token.special) {
                special.add(token.content);
            }
            if (token.normalized) {
                normalized.add(normalized(token.content, true).text, token);
            } else {
                plain.add(token.content, token);
            }
        }
    }

    /** The pieces of a text, normalized, with an id where they are added tokens. */
    List<Piece> split(String text) {
        List<Piece> found = new ArrayList<>();
        for (Piece piece : plain.split(new Piece(text, Piece.NO_ID, true))) {
            if (piece.id == Piece.NO_ID) {
                Normalized whole = normalized(piece.text, piece.fromStart);
                found.addAll(normalized.split(new Piece(whole.text, Piece.NO_ID, whole.fromStart)));
            } else {
                found.add(piece);
            }
        }
        return found;
    }

    /** The token with an id; null where it is none of these. */
    String tokenOf(int id) {
        return contents.get(id);
    }

    boolean isSpecial(String token) {
        return special.contains(token);
    }

    private Normalized normalized(String text, boolean fromStart) {
        Normalized found = new Normalized(text, fromStart);
        if (normalizer != null) {
            normalizer.normalize(found);
        }
        return found;
    }
}
