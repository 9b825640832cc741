// Running the golden cases on this device: text to ids to logits to the answer, or to tokens.
package @@ID@@;

import @@ID@@.json.JsonObject;
import @@ID@@.runtime.DecoderSession;
import @@ID@@.tokenizer.Encoding;
import java.util.Arrays;
import java.util.List;

/**
 * Whether a package gives here what its bundle says. {@link ModelException} names the first difference.
 *
 * <p>It reads no file, and runs the model many times: call it off the main thread.
 */
public final class SelfTest {
    private final int cases;
    private final double largestDifference;

    private SelfTest(int cases, double largestDifference) {
        this.cases = cases;
        this.largestDifference = largestDifference;
    }

    /** How many cases were run. */
    public int cases() {
        return cases;
    }

    /** The largest difference of a logit over all of them. */
    public double largestDifference() {
        return largestDifference;
    }

    @Override
    public String toString() {
        return cases + " golden cases reproduced, logits within " + largestDifference;
    }

    /** Run every golden case of a classifier. */
    public static SelfTest run(Classifier classifier) {
        List<JsonObject> cases = classifier.bundle().goldenCases();
        Tolerance tolerance = new Tolerance(classifier.bundle().manifest(), cases);
        double largest = 0;
        float[][] found = new float[cases.size()][];
        float[][] wanted = new float[cases.size()][];
        for (int number = 0; number < cases.size(); number++) {
            JsonObject row = cases.get(number);
            String where = where(number, row);
            Encoding encoding = classifier.encode(row.text("text"), row.textOr("text_pair", null));
            sameIds(encoding.ids(), row.wholes("ids"), where);
            Prediction prediction = classifier.predict(encoding);
            found[number] = prediction.logits();
            wanted[number] = row.numbers("logits");
            largest = Math.max(largest, tolerance.close(found[number], wanted[number], where));
            classifier.check(prediction, row, tolerance, where);
        }
        if (alike(found) && !alike(wanted)) {
            throw new ModelException("the logits of all " + found.length
                    + " golden cases are the same, and should differ" + Tolerance.WHY);
        }
        return new SelfTest(cases.size(), largest);
    }

    /**
     * Run every golden case of a decoder: its own tokens are fed, and each must be the best, or nearly. It ends the text
     * in work.
     */
    public static SelfTest run(Generator generator) {
        List<JsonObject> cases = generator.bundle().goldenCases();
        Tolerance tolerance = new Tolerance(generator.bundle().manifest(), cases);
        generator.lock().enter();
        try {
            // it uses the cache of a text in work
            generator.cancel();
            double largest = 0;
            for (int number = 0; number < cases.size(); number++) {
                largest = Math.max(largest, runCase(generator, cases.get(number), number, tolerance));
            }
            return new SelfTest(cases.size(), largest);
        } finally {
            generator.lock().leave();
        }
    }

    private static double runCase(Generator generator, JsonObject row, int number, Tolerance tolerance) {
        String where = where(number, row);
        int[] ids = generator.encode(row.text("text"));
        sameIds(ids, row.wholes("ids"), where);
        DecoderSession session = generator.session();
        session.reset();
        float[] logits = session.run(ids);
        double largest = tolerance.closeAboveMean(logits, row.wholes("best"), row.numbers("logits"), where);
        int[] tokens = row.wholes("tokens");
        for (int position = 0; position < tokens.length; position++) {
            // who closes the generator need not wait for all cases
            generator.lock().checkOpen();
            if (position > 0) {
                logits = session.run(new int[] {tokens[position - 1]});
            }
            if (!tolerance.nearlyBest(logits, tokens[position])) {
                throw new ModelException(where + ": new token " + position + " is " + Logits.best(logits)
                        + ", expected " + tokens[position]);
            }
        }
        return largest;
    }

    private static String where(int number, JsonObject row) {
        String text = row.text("text");
        int most = Math.min(40, text.codePointCount(0, text.length()));
        String shown = text.substring(0, text.offsetByCodePoints(0, most));
        return "golden case " + (number + 1) + " (" + shown + ")";
    }

    private static boolean alike(float[][] rows) {
        for (float[] row : rows) {
            if (!Arrays.equals(row, rows[0])) {
                return false;
            }
        }
        return true;
    }

    private static void sameIds(int[] found, int[] expected, String where) {
        for (int place = 0; place < Math.min(found.length, expected.length); place++) {
            if (found[place] != expected[place]) {
                throw new ModelException(
                        where + ": token " + place + " is " + found[place] + ", expected " + expected[place]);
            }
        }
        if (found.length != expected.length) {
            throw new ModelException(where + ": " + found.length + " tokens, expected " + expected.length);
        }
    }
}
