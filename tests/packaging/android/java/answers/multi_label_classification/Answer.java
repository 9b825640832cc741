// What a multi-label package says of a text, in one line.
import com.example.app.Classifier;
import com.example.app.Prediction;
import java.util.Arrays;

/** Parts between tabs: labels between commas, scores, logits, and how it is shown. */
final class Answer {
    static String head(Classifier classifier) {
        return String.join(",", classifier.labels()) + "\t" + Arrays.toString(classifier.thresholds());
    }

    static String of(Prediction found) {
        String numbers = Arrays.toString(found.scores()) + "\t" + Arrays.toString(found.logits());
        return String.join(",", found.labels()) + "\t" + numbers + "\t" + found;
    }
}
