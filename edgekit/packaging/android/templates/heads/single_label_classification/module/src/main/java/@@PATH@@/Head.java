// What the logits of this package's model mean: one label out of all.
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
    static final String PROBLEM_TYPE = Manifest.SINGLE_LABEL;

    private final List<String> labels;

    Head(Manifest manifest) {
        labels = manifest.labels();
    }

    /** All labels. */
    public List<String> labels() {
        return labels;
    }

    final Prediction read(float[] logits) {
        return new Prediction(labels, logits);
    }

    final void check(Prediction found, JsonObject golden, Tolerance tolerance, String where) {
        String expected = golden.text("label");
        if (!found.label().equals(expected)) {
            throw new ModelException(where + ": the label is " + found.label() + ", expected " + expected);
        }
    }
}
