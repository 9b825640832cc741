// Whole words, and one token for all others.
package @@ID@@.tokenizer;

import @@ID@@.json.JsonObject;

/** A look-up. */
final class WordLevel implements Model {
    private final Vocabulary vocabulary;
    private final String unknown;

    WordLevel(JsonObject config) {
        vocabulary = Vocabulary.from(config.object("vocab"));
        unknown = config.text("unk_token");
    }

    @Override
    public void encode(String piece, Ids ids) {
        Integer id = vocabulary.idOf(piece);
        ids.add(id != null ? id : vocabulary.required(unknown));
    }

    @Override
    public Vocabulary vocabulary() {
        return vocabulary;
    }
}
