// Models from their descriptions in tokenizer.json.
package @@ID@@.tokenizer;

import @@ID@@.ModelException;
import @@ID@@.json.JsonObject;

/** Builds models; one that is not known is refused by its name. */
final class Models {
    private Models() {}

    static Model from(JsonObject config) {
        String type = config.textOr("type", "");
        switch (type) {
            case "WordPiece":
                return new WordPiece(config);
            case "BPE":
                return new Bpe(config);
            case "Unigram":
                return new Unigram(config);
            case "WordLevel":
                return new WordLevel(config);
            default:
                throw new ModelException("tokenizer.json has a model that this package does not know: " + type);
        }
    }
}
