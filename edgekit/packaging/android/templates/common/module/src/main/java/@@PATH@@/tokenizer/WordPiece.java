// BERT's words in pieces: the longest beginning that is in the vocabulary, again and again.
package @@ID@@.tokenizer;

import @@ID@@.json.JsonObject;

/** A word that cannot be put together, or is too long, is one unknown token. */
final class WordPiece implements Model {
    private final Vocabulary vocabulary;
    private final String unknown;
    private final String prefix;
    private final int longest;

    WordPiece(JsonObject config) {
        vocabulary = Vocabulary.from(config.object("vocab"));
        unknown = config.text("unk_token");
        prefix = config.text("continuing_subword_prefix");
        longest = config.whole("max_input_chars_per_word");
    }

    @Override
    public void encode(String piece, Ids ids) {
        int[] found = piece.codePointCount(0, piece.length()) > longest ? null : pieces(piece);
        if (found == null) {
            ids.add(vocabulary.required(unknown));
            return;
        }
        for (int id : found) {
            ids.add(id);
        }
    }

    private int[] pieces(String word) {
        Ids found = new Ids();
        int start = 0;
        while (start < word.length()) {
            int end = word.length();
            Integer id = lookedUp(word, start, end);
            while (id == null) {
                end -= Character.charCount(word.codePointBefore(end));
                if (end <= start) {
                    return null;
                }
                id = lookedUp(word, start, end);
            }
            found.add(id);
            start = end;
        }
        return found.toArray();
    }

    private Integer lookedUp(String word, int start, int end) {
        String part = word.substring(start, end);
        return vocabulary.idOf(start == 0 ? part : prefix + part);
    }

    @Override
    public Vocabulary vocabulary() {
        return vocabulary;
    }
}
