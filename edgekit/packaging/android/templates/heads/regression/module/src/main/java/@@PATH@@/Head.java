// What the logit of this package's model means: a number.
package @@ID@@;

import @@ID@@.bundle.Manifest;
import @@ID@@.json.JsonObject;

/**
 * Reads the logit as an answer, and holds an answer against that of a golden case.
 *
 * <p>Public as {@link Classifier} is; an app needs nothing of it.
 */
public abstract class Head {
    /** Of the models whose answers this is. */
    static final String PROBLEM_TYPE = Manifest.REGRESSION;

    Head(Manifest manifest) {}

    final Prediction read(float[] logits) {
        return new Prediction(logits);
    }

    final void check(Prediction found, JsonObject golden, Tolerance tolerance, String where) {
        tolerance.close("the value", found.value(), (float) golden.number("value"), where);
    }
}
