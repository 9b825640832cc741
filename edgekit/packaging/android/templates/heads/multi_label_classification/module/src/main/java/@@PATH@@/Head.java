// What the logits of this package's model mean: each label by itself.
package @@ID@@;

import @@ID@@.bundle.Manifest;
import @@ID@@.json.JsonObject;
import java.util.List;

/**
 * Reads logits as an answer, and holds an answer against that of a golden case.
 *
 * <p>Public for the methods that {@link Classifier} has of it; an app needs no other.
 */
public abstract class Head {
    /** Of the models whose answers this is. */
    static final String PROBLEM_TYPE = Manifest.MULTI_LABEL;

    private final List<String> labels;
    private final double[] thresholds;

    Head(Manifest manifest) {
        labels = manifest.labels();
        thresholds = manifest.thresholds();
    }

    /** All labels, in the order of {@link Prediction#scores()}. */
    public List<String> labels() {
        return labels;
    }

    /** From which score on each label holds, in the order of {@link #labels()}. */
    public double[] thresholds() {
        return thresholds.clone();
    }

    final Prediction read(float[] logits) {
        return new Prediction(labels, thresholds, logits);
    }

    final void check(Prediction found, JsonObject golden, Tolerance tolerance, String where) {
        List<String> expected = golden.texts("labels");
        if (!found.labels().equals(expected)) {
            throw new ModelException(where + ": the labels are " + found.labels() + ", expected " + expected);
        }
    }
}
