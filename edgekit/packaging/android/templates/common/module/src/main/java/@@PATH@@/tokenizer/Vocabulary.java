// Tokens and their ids, both ways.
package @@ID@@.tokenizer;

import @@ID@@.ModelException;
import @@ID@@.json.JsonObject;
import java.util.HashMap;
import java.util.Map;

/** The vocabulary of a model. */
final class Vocabulary {
    private final Map<String, Integer> ids = new HashMap<>();
    private final Map<Integer, String> tokens = new HashMap<>();

    static Vocabulary from(JsonObject config) {
        Vocabulary found = new Vocabulary();
        for (String token : config.keys()) {
            found.put(token, config.whole(token));
        }
        return found;
    }

    void put(String token, int id) {
        ids.put(token, id);
        tokens.put(id, token);
    }

    /** The id of a member; null where it is none. */
    Integer idOf(String token) {
        return ids.get(token);
    }

    /** The member with an id; null where there is none. */
    String tokenOf(int id) {
        return tokens.get(id);
    }

    /** The id of a token that must be there. */
    int required(String token) {
        Integer id = ids.get(token);
        if (id == null) {
            throw new ModelException("the vocabulary of tokenizer.json has no " + token);
        }
        return id;
    }

    /** The ids of a text's UTF-8 bytes, as `<0x41>`; null where one of them has none. */
    int[] bytes(byte[] text) {
        int[] found = new int[text.length];
        for (int index = 0; index < text.length; index++) {
            Integer id = ids.get(byteToken(text[index] & 0xFF));
            if (id == null) {
                return null;
            }
            found[index] = id;
        }
        return found;
    }

    private static String byteToken(int value) {
        String digits = "0123456789ABCDEF";
        return "<0x" + digits.charAt(value >> 4) + digits.charAt(value & 15) + ">";
    }
}
