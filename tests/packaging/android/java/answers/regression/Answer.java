// What a regression's package says of a text, in one line.
import com.example.app.Classifier;
import com.example.app.Prediction;
import java.util.Arrays;

/** Parts between tabs: the value, the logits, and how it is shown. */
final class Answer {
    static String head(Classifier classifier) {
        return "";
    }

    static String of(Prediction found) {
        return found.value() + "\t" + Arrays.toString(found.logits()) + "\t" + found;
    }
}
