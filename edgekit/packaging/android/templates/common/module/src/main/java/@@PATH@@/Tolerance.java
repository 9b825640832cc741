// How far logits may be off.
package @@ID@@;

import @@ID@@.bundle.Manifest;
import @@ID@@.json.JsonObject;
import java.util.List;

/** The tolerance of a bundle's manifest; written so that what is no number counts as off. */
final class Tolerance {
    static final String WHY =
            "; this runtime or processor does not execute the file as the one that exported it";

    // of a logit: models that have hardly learned differ by less between texts, and are rounded as others are
    private static final double ROUNDING = 1;

    private final double atol;
    private final double rtol;

    /**
     * {@link ModelException} where the manifest allows more than all logits of the golden cases differ by, and more
     * than rounding does to any model: whatever a file answers could be within it.
     */
    Tolerance(Manifest manifest, List<JsonObject> cases) {
        atol = manifest.atol();
        rtol = manifest.rtol();
        // the logits of a decoder are less their mean, so that 0 is among them
        boolean decodes = manifest.task().equals(Manifest.GENERATION);
        double least = decodes ? 0 : Double.POSITIVE_INFINITY;
        double most = decodes ? 0 : Double.NEGATIVE_INFINITY;
        for (JsonObject row : cases) {
            for (float logit : row.numbers("logits")) {
                least = Math.min(least, logit);
                most = Math.max(most, logit);
            }
        }
        double widest = atol + rtol * Math.max(Math.abs(least), Math.abs(most));
        // written so that what is no number counts as too wide
        if (!(widest < Math.max(most - least, ROUNDING))) {
            throw new ModelException("manifest.json: parity allows a logit to be " + widest + " off, and those of all"
                    + " golden cases lie within " + (most - least) + ": wrong answers would pass; export the bundle"
                    + " again");
        }
    }

    /** The largest difference of a classifier's logits from those expected. */
    double close(float[] found, float[] expected, String where) {
        if (found.length != expected.length) {
            throw new ModelException(where + ": " + found.length + " logits, expected " + expected.length);
        }
        double largest = 0;
        for (int place = 0; place < found.length; place++) {
            largest = Math.max(largest, close("logit " + place, found[place], expected[place], where));
        }
        return largest;
    }

    /** The difference of a number from the one expected; `what` names it. */
    double close(String what, float found, float expected, String where) {
        double difference = Math.abs(found - expected);
        if (!(difference <= atol + rtol * Math.abs(expected))) {
            throw new ModelException(where + ": " + what + " is " + found + ", expected " + expected + " within "
                    + atol + " + " + rtol + " of it" + WHY);
        }
        return difference;
    }

    /** The largest difference of a decoder's logits, less their mean, at the ids that were best. */
    double closeAboveMean(float[] logits, int[] best, float[] expected, String where) {
        double mean = mean(logits);
        double allowed = allowed(logits);
        double largest = 0;
        for (int place = 0; place < best.length; place++) {
            float found = (float) (logits[best[place]] - mean);
            double difference = Math.abs(found - expected[place]);
            if (!(difference <= allowed)) {
                throw new ModelException(where + ": the logit of token " + best[place] + " is " + found
                        + " above the mean, expected " + expected[place] + " within " + allowed + WHY);
            }
            largest = Math.max(largest, difference);
        }
        return largest;
    }

    boolean nearlyBest(float[] logits, int token) {
        return logits[Logits.best(logits)] - logits[token] <= 2 * allowed(logits);
    }

    private double allowed(float[] logits) {
        double most = 0;
        for (float logit : logits) {
            most = Math.max(most, Math.abs(logit));
        }
        return atol + rtol * most;
    }

    private static double mean(float[] logits) {
        double total = 0;
        for (float logit : logits) {
            total += logit;
        }
        return total / logits.length;
    }
}
