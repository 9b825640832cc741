// BERT's and RoBERTa's special tokens: one that begins a text, one behind each.
package @@ID@@.tokenizer;

import @@ID@@.ModelException;
import @@ID@@.json.JsonObject;
import java.util.ArrayList;
import java.util.List;

/** [CLS] text [SEP] pair [SEP]; RoBERTa's pair begins with a separator too, and all is segment 0. */
final class ClassifierTokens implements PostProcessor {
    private final int start;
    private final int end;
    private final boolean roberta;

    ClassifierTokens(JsonObject config, boolean roberta) {
        start = id(config, "cls");
        end = id(config, "sep");
        this.roberta = roberta;
    }

    private static int id(JsonObject config, String key) {
        List<?> token = config.list(key);
        if (token.size() != 2 || !(token.get(1) instanceof Long)) {
            throw new ModelException("the post-processor of tokenizer.json names no " + key);
        }
        return ((Long) token.get(1)).intValue();
    }

    @Override
    public int added(boolean pair) {
        return pair ? roberta ? 4 : 3 : 2;
    }

    @Override
    public List<Encoding> process(List<Encoding> encodings) {
        List<Encoding> found = new ArrayList<>();
        found.add(around(start, roberta ? encodings.get(0).ofType(0) : encodings.get(0), 0));
        if (encodings.size() == 2) {
            Encoding second = encodings.get(1);
            found.add(roberta ? around(end, second.ofType(0), 0) : second.then(one(end, 1)));
        }
        return found;
    }

    private Encoding around(int first, Encoding encoding, int typeId) {
        return one(first, typeId).then(encoding).then(one(end, typeId));
    }

    private static Encoding one(int id, int typeId) {
        return Encoding.of(new int[] {id}, typeId);
    }
}
