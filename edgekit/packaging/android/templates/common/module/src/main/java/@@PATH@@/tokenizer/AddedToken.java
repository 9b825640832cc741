// One added token.
package @@ID@@.tokenizer;

import @@ID@@.json.JsonObject;

/** What it is, and where it counts. */
final class AddedToken {
    final int id;
    final String content;
    /** Only where no word goes on before or behind it. */
    final boolean singleWord;
    /** White space before it, or behind it, belongs to it. */
    final boolean takesLeft;
    final boolean takesRight;
    final boolean normalized;
    final boolean special;

    AddedToken(JsonObject config, int id) {
        this.id = id;
        content = config.text("content");
        singleWord = config.bool("single_word");
        takesLeft = config.bool("lstrip");
        takesRight = config.bool("rstrip");
        normalized = config.bool("normalized");
        special = config.bool("special");
    }
}
