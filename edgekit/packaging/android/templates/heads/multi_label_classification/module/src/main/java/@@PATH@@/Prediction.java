// What a multi-label classifier says of a text.
package @@ID@@;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;

/** The labels that hold, which may be several or none, and the score of every label by itself. */
public final class Prediction {
    private final float[] logits;
    private final float[] scores;
    private final List<String> labels = new ArrayList<>();
    private final StringBuilder shown = new StringBuilder();

    Prediction(List<String> all, double[] thresholds, float[] logits) {
        this.logits = logits;
        scores = new float[logits.length];
        for (int place = 0; place < logits.length; place++) {
            // compared before it is rounded to a float: a score at its threshold holds on every platform
            double score = Logits.sigmoid(logits[place]);
            scores[place] = (float) score;
            if (score >= thresholds[place]) {
                labels.add(all.get(place));
                shown.append(shown.length() > 0 ? ", " : "").append(all.get(place)).append(' ').append(scores[place]);
            }
        }
    }

    /** The labels whose scores reach their thresholds, in the model's order; none where no label holds. */
    public List<String> labels() {
        return Collections.unmodifiableList(labels);
    }

    /** The score of every label of {@link Classifier#labels()}, from 0 to 1; together they are no 1. */
    public float[] scores() {
        return scores.clone();
    }

    /** What the model gave, before it was made scores. */
    public float[] logits() {
        return logits.clone();
    }

    /** The labels that hold with their scores. */
    @Override
    public String toString() {
        return labels.isEmpty() ? "no label" : shown.toString();
    }
}
