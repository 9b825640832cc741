// Choosing the next token: the best, or one drawn from what temperature, top-k and top-p leave.
package @@ID@@;

import java.util.Arrays;
import java.util.Comparator;
import java.util.Random;

/** Chooses token after token. */
final class Sampler {
    private final GenerationOptions options;
    private final Random random;

    Sampler(GenerationOptions options) {
        this.options = options;
        random = new Random(options.seed);
    }

    int choose(float[] logits) {
        return options.temperature == 0 ? Logits.best(logits) : drawn(logits);
    }

    private int drawn(float[] logits) {
        Integer[] order = bestFirst(logits);
        int kept = options.topK == 0 ? order.length : Math.min(options.topK, order.length);
        double[] weights = new double[kept];
        double total = 0;
        for (int place = 0; place < kept; place++) {
            weights[place] = Math.exp(((double) logits[order[place]] - logits[order[0]]) / options.temperature);
            total += weights[place];
        }
        kept = withinShare(weights, total);
        double left = random.nextDouble() * sum(weights, kept);
        for (int place = 0; place < kept - 1; place++) {
            left -= weights[place];
            if (left < 0) {
                return order[place];
            }
        }
        return order[kept - 1];
    }

    /** How many of the best are in: as long as those before one do not make up top-p. */
    private int withinShare(double[] weights, double total) {
        double before = 0;
        int kept = 0;
        while (kept < weights.length && (kept == 0 || options.topP == 1 || before / total < options.topP)) {
            before += weights[kept++];
        }
        return kept;
    }

    private static double sum(double[] weights, int count) {
        double total = 0;
        for (int place = 0; place < count; place++) {
            total += weights[place];
        }
        return total;
    }

    private static Integer[] bestFirst(float[] logits) {
        Integer[] order = new Integer[logits.length];
        for (int id = 0; id < order.length; id++) {
            order[id] = id;
        }
        // a stable sort: of equal logits the lower id is the better
        Arrays.sort(order, new Comparator<Integer>() {
            @Override
            public int compare(Integer left, Integer right) {
                return Float.compare(logits[right], logits[left]);
            }
        });
        return order;
    }
}
