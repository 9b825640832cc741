// Byte-pair encoding: characters, joined pair by pair in the order in which the pairs were learned.
package @@ID@@.tokenizer;

import @@ID@@.ModelException;
import @@ID@@.json.JsonObject;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** Characters that are not in the vocabulary become bytes where it has them, else an unknown token. */
final class Bpe implements Model {
    private final Vocabulary vocabulary;
    private final Map<Long, BpeMerge> merges = new HashMap<>();
    private final String unknown;
    private final String prefix;
    private final String suffix;
    private final boolean fuseUnknown;
    private final boolean bytes;
    private final boolean ignoreMerges;

    Bpe(JsonObject config) {
        if (config.numberOr("dropout", 0) != 0) {
            throw new ModelException("tokenizer.json leaves out merges at random (dropout): this package does not");
        }
        vocabulary = Vocabulary.from(config.object("vocab"));
        unknown = config.textOr("unk_token", null);
        prefix = config.textOr("continuing_subword_prefix", "");
        suffix = config.textOr("end_of_word_suffix", "");
        fuseUnknown = config.boolOr("fuse_unk", false);
        bytes = config.boolOr("byte_fallback", false);
        ignoreMerges = config.boolOr("ignore_merges", false);
        List<?> pairs = config.list("merges");
        for (int rank = 0; rank < pairs.size(); rank++) {
            addMerge(pairs.get(rank), rank);
        }
    }

    private void addMerge(Object pair, int rank) {
        Object[] parts = pair instanceof String ? ((String) pair).split(" ", -1) : ((List<?>) pair).toArray();
        if (parts.length != 2 || !(parts[0] instanceof String) || !(parts[1] instanceof String)) {
            throw new ModelException("merge " + rank + " of tokenizer.json is no pair");
        }
        String left = (String) parts[0];
        String right = (String) parts[1];
        int joined = vocabulary.required(left + right.substring(prefix.length()));
        merges.put(key(vocabulary.required(left), vocabulary.required(right)), new BpeMerge(rank, joined));
    }

    @Override
    public void encode(String piece, Ids ids) {
        Integer whole = ignoreMerges ? vocabulary.idOf(piece) : null;
        if (whole != null) {
            ids.add(whole);
            return;
        }
        BpeWord word = new BpeWord(characters(piece), this);
        for (int id : word.merged()) {
            ids.add(id);
        }
    }

    /** What joins two neighbours; null where nothing does. */
    BpeMerge merge(int left, int right) {
        return merges.get(key(left, right));
    }

    private static long key(int left, int right) {
        return (long) left << 32 | right;
    }

    private int[] characters(String piece) {
        Ids found = new Ids();
        boolean pending = false;
        for (int at = 0; at < piece.length(); ) {
            int end = at + Character.charCount(piece.codePointAt(at));
            String ending = end < piece.length() ? "" : suffix;
            String character = (at == 0 ? "" : prefix) + piece.substring(at, end) + ending;
            at = end;
            Integer id = vocabulary.idOf(character);
            if (id != null) {
                if (pending) {
                    found.add(vocabulary.required(unknown));
                    pending = false;
                }
                found.add(id);
            } else if (!addBytes(character, found) && unknown != null) {
                // an unknown token waits: the next may be fused with it; bytes overtake it, as in the library
                if (pending && !fuseUnknown) {
                    found.add(vocabulary.required(unknown));
                }
                pending = true;
            }
        }
        if (pending) {
            found.add(vocabulary.required(unknown));
        }
        return found.toArray();
    }

    private boolean addBytes(String character, Ids found) {
        int[] ids = bytes ? vocabulary.bytes(character.getBytes(StandardCharsets.UTF_8)) : null;
        if (ids == null) {
            return false;
        }
        for (int id : ids) {
            found.add(id);
        }
        return true;
    }

    @Override
    public Vocabulary vocabulary() {
        return vocabulary;
    }
}
