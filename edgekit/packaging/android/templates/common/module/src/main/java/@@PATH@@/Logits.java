// Sums over logits.
package @@ID@@;

/** The best of them, and their probabilities. */
final class Logits {
    private Logits() {}

    /** The place of the largest; of equal ones the first. */
    static int best(float[] logits) {
        int best = 0;
        for (int place = 1; place < logits.length; place++) {
            if (logits[place] > logits[best]) {
                best = place;
            }
        }
        return best;
    }

    /** 1 / (1 + e^-x) in double precision, as edgekit computes it. */
    static double sigmoid(float logit) {
        return 1 / (1 + Math.exp(-(double) logit));
    }

    static float[] softmax(float[] logits, int best) {
        double total = 0;
        double[] weights = new double[logits.length];
        for (int place = 0; place < logits.length; place++) {
            weights[place] = Math.exp((double) logits[place] - logits[best]);
            total += weights[place];
        }
        float[] scores = new float[logits.length];
        for (int place = 0; place < logits.length; place++) {
            scores[place] = (float) (weights[place] / total);
        }
        return scores;
    }
}
