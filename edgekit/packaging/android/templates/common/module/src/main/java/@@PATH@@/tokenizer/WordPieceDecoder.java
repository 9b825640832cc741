// BERT's pieces as text: words with spaces between, and English put together again.
package @@ID@@.tokenizer;

import java.util.ArrayList;
import java.util.List;

/** Pieces lose their prefix, other tokens get a space before them. */
final class WordPieceDecoder implements Decoder {
    private static final String[][] TIDIED = {
        {" .", "."}, {" ?", "?"}, {" !", "!"}, {" ,", ","}, {" ' ", "'"}, {" n't", "n't"}, {" 'm", "'m"},
        {" do not", " don't"}, {" 's", "'s"}, {" 've", "'ve"}, {" 're", "'re"},
    };

    private final String prefix;
    private final boolean tidy;

    WordPieceDecoder(String prefix, boolean tidy) {
        this.prefix = prefix;
        this.tidy = tidy;
    }

    @Override
    public List<String> decode(List<String> tokens) {
        List<String> found = new ArrayList<>();
        for (int index = 0; index < tokens.size(); index++) {
            String token = tokens.get(index);
            if (index > 0) {
                token = token.startsWith(prefix) ? token.substring(prefix.length()) : " " + token;
            }
            found.add(tidy ? tidied(token) : token);
        }
        return found;
    }

    private static String tidied(String text) {
        String found = text;
        for (String[] change : TIDIED) {
            found = found.replace(change[0], change[1]);
        }
        return found;
    }
}
