// What a single-label package says of a text, in one line.
import com.example.app.Classifier;
import com.example.app.Prediction;
import java.util.Arrays;

/** Parts between tabs: label, score, scores. */
final class Answer {
    static String head(Classifier classifier) {
        return String.join("\t", classifier.labels());
    }

    static String of(Prediction found) {
        return found.label() + "\t" + found.score() + "\t" + Arrays.toString(found.scores());
    }
}
