// Special tokens by a template: [CLS] $A [SEP] $B [SEP].
package @@ID@@.tokenizer;

import @@ID@@.ModelException;
import @@ID@@.json.JsonObject;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** Each piece of the template is a text or a special token, with its segment. */
final class Template implements PostProcessor {
    private final List<JsonObject> single;
    private final List<JsonObject> pair;
    private final Map<String, int[]> special = new HashMap<>();

    Template(JsonObject config) {
        single = config.objects("single");
        pair = config.objects("pair");
        JsonObject tokens = config.object("special_tokens");
        for (String name : tokens.keys()) {
            special.put(name, tokens.object(name).wholes("ids"));
        }
    }

    @Override
    public int added(boolean ofPair) {
        int total = 0;
        for (JsonObject piece : ofPair ? pair : single) {
            total += piece.has("SpecialToken") ? special(piece).length : 0;
        }
        return total;
    }

    @Override
    public List<Encoding> process(List<Encoding> encodings) {
        List<Encoding> found = new ArrayList<>();
        for (JsonObject piece : encodings.size() == 2 ? pair : single) {
            boolean isToken = piece.has("SpecialToken");
            JsonObject what = piece.object(isToken ? "SpecialToken" : "Sequence");
            int typeId = what.whole("type_id");
            if (isToken) {
                found.add(Encoding.of(special(piece), typeId));
            } else {
                found.add(encodings.get(what.text("id").equals("A") ? 0 : 1).ofType(typeId));
            }
        }
        return found;
    }

    private int[] special(JsonObject piece) {
        String name = piece.object("SpecialToken").text("id");
        int[] ids = special.get(name);
        if (ids == null) {
            throw new ModelException("the template of tokenizer.json names " + name + ", which has no id");
        }
        return ids;
    }
}
