// A bundle as a function from text to what its model says of it.
package @@ID@@;

import @@ID@@.bundle.Bundle;
import @@ID@@.bundle.BundleFiles;
import @@ID@@.bundle.Manifest;
import @@ID@@.runtime.ClassifierSession;
import @@ID@@.runtime.ModelRuntime;
import @@ID@@.tokenizer.Encoding;
import @@ID@@.tokenizer.Tokenizer;
import java.util.Arrays;

/**
 * Says what the model makes of a text. May be used from several threads, of which one runs at a time; the first texts
 * and each run take their time, so call it off the main thread.
 *
 * <p>{@link ModelException} for a bundle that is not what its manifest says or is for another task, for a runtime that
 * fails, and after {@link #close()}.
 */
public final class Classifier extends Head implements AutoCloseable {
    private static final int USUAL_THREADS = 2;

    private final Bundle bundle;
    private final Tokenizer tokenizer;
    private final ClassifierSession session;
    private final ModelLock lock;
    private final int outputs;
    private final int longest;

    private Classifier(Bundle bundle, Tokenizer tokenizer, ClassifierSession session) {
        super(bundle.manifest());
        this.bundle = bundle;
        this.tokenizer = tokenizer;
        this.session = session;
        lock = new ModelLock("classifier", session::close);
        outputs = bundle.manifest().labels().size();
        int[] lengths = session.lengths();
        int most = bundle.manifest().maxLength();
        longest = lengths.length == 0 ? most : Math.min(most, lengths[lengths.length - 1]);
    }

    /** Checks and loads a bundle. It takes its time: call it off the main thread. */
    public static Classifier load(BundleFiles files) {
        return load(files, USUAL_THREADS);
    }

    /** The same, on so many threads of the processor. */
    public static Classifier load(BundleFiles files, int threads) {
        Bundle bundle = Bundle.open(files, Manifest.CLASSIFICATION);
        bundle.manifest().expect(PROBLEM_TYPE);
        Tokenizer tokenizer = bundle.tokenizer();
        return new Classifier(bundle, tokenizer, ModelRuntime.classifier(bundle.model(), bundle.manifest(), threads));
    }

    /** What the model says of a text. */
    public Prediction classify(String text) {
        if (bundle.manifest().needsPairs()) {
            throw new ModelException("this model takes pairs of texts, and was given one: give its second text as well");
        }
        return predict(encode(text, null));
    }

    /** What the model says of a pair of texts. */
    public Prediction classify(String text, String pair) {
        if (pair != null && !bundle.manifest().takesPairs()) {
            throw new ModelException("this model takes single texts, and was given a pair: leave the second text out");
        }
        return predict(encode(text, pair));
    }

    Bundle bundle() {
        return bundle;
    }

    Encoding encode(String text, String pair) {
        lock.checkOpen();
        Encoding encoding = tokenizer.encode(text, pair, longest);
        if (!bundle.manifest().takesPairs() && Arrays.stream(encoding.typeIds()).anyMatch(type -> type != 0)) {
            throw new ModelException("this model takes single texts, and was given a pair: leave the second text out");
        }
        return encoding;
    }

    /**
     * `ids` padded on the right, with mask 0, to the nearest length that the file has. A text without any token is one
     * of padding with mask 1.
     */
    Prediction predict(Encoding encoding) {
        lock.enter();
        try {
            return read(run(encoding));
        } finally {
            lock.leave();
        }
    }

    private float[] run(Encoding encoding) {
        int tokens = Math.max(encoding.length(), 1);
        int length = lengthFor(tokens);
        int[] ids = Arrays.copyOf(encoding.ids(), length);
        Arrays.fill(ids, encoding.length(), length, bundle.manifest().padId());
        int[] mask = new int[length];
        Arrays.fill(mask, 0, tokens, 1);
        float[] logits = session.run(ids, mask, Arrays.copyOf(encoding.typeIds(), length));
        if (logits.length != outputs) {
            throw new ModelException("the model gives " + logits.length + " logits, expected " + outputs);
        }
        return logits;
    }

    private int lengthFor(int tokens) {
        for (int length : session.lengths()) {
            if (length >= tokens) {
                return length;
            }
        }
        return tokens;
    }

    /** Give back the model's memory: at once, or after the text in work. Does not wait; a second time does nothing. */
    @Override
    public void close() {
        lock.close();
    }
}
