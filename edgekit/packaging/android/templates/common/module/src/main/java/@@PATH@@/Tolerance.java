// How far logits may be off.
package @@ID@@;

import @@ID@@.bundle.Manifest;

/** The tolerance of a bundle's manifest; written so that what is no number counts as off. */
final class Tolerance {
    private static final String WHY =
            "; this runtime or processor does not execute the file as the one that exported it";

    private final double atol;
    private final double rtol;

    Tolerance(Manifest manifest) {
        atol = manifest.atol();
        rtol = manifest.rtol();
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
