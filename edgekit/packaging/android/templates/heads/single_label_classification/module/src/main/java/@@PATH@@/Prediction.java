// What a classifier says of a text.
package @@ID@@;

import java.util.Collections;
import java.util.List;

/** The best label with its score, and the scores of all labels. */
public final class Prediction {
    private final List<String> labels;
    private final float[] logits;
    private final float[] scores;
    private final int best;

    Prediction(List<String> labels, float[] logits) {
        this.labels = labels;
        this.logits = logits;
        best = Logits.best(logits);
        scores = Logits.softmax(logits, best);
    }

    /** The label with the highest score. */
    public String label() {
        return labels.get(best);
    }

    /** Its score, from 0 to 1. */
    public float score() {
        return scores[best];
    }

    /** All labels, in the order of {@link #scores()}. */
    public List<String> labels() {
        return Collections.unmodifiableList(labels);
    }

    /** The score of each label; together they are 1. */
    public float[] scores() {
        return scores.clone();
    }

    /** What the model gave, before it was made scores. */
    public float[] logits() {
        return logits.clone();
    }

    @Override
    public String toString() {
        return label() + " " + score();
    }
}
