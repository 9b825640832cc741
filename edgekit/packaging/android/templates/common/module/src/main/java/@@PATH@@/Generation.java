// One text in the making.
package @@ID@@;

import @@ID@@.runtime.DecoderSession;
import java.util.Arrays;
import java.util.Iterator;
import java.util.NoSuchElementException;
import java.util.Set;
import java.util.concurrent.atomic.AtomicReference;

/**
 * Iterate over it for its pieces, whole characters only; then read how it ended. Stop asking, and it is given up.
 *
 * <p>A new text of the generator's, its self-test and its closing end it as {@link Finish#CANCELLED}.
 */
public final class Generation implements Iterator<String> {
    /** What ended a text. */
    public enum Finish {
        /** The model ended it. */
        END,
        /** A stop string appeared. */
        STOP,
        /** There were as many tokens as were asked for. */
        LENGTH,
        /** The cache is full. */
        CONTEXT,
        /** It was cancelled, or another text was begun, or the generator was closed. */
        CANCELLED
    }

    private final Generator generator;
    private final DecoderSession session;
    private final GenerationOptions options;
    private final Integer startId;
    private final Set<Integer> endIds;
    private final Sampler sampler;
    private final TextStream text;
    private final StopWatch watch;
    private final int promptLength;
    // prompt and new tokens
    private volatile int[] ids;
    private float[] logits;
    private String ready;
    private final AtomicReference<Finish> finish = new AtomicReference<>();
    private boolean flushed;

    Generation(Generator generator, int[] prompt, GenerationOptions options) {
        this.generator = generator;
        session = generator.session();
        this.options = options;
        startId = generator.bundle().manifest().startId();
        endIds = generator.bundle().manifest().endIds();
        sampler = new Sampler(options);
        text = new TextStream(generator.tokenizer(), prompt);
        watch = new StopWatch(options.stops);
        promptLength = prompt.length;
        ids = prompt;
    }

    /** Whether a further piece comes; computes it. None is computed once the generator is closed. */
    @Override
    public boolean hasNext() {
        if (ready != null) {
            return true;
        }
        if (!generator.lock().tryEnter()) {
            cancel();
            return false;
        }
        try {
            while (ready == null && !flushed) {
                advance();
            }
            return ready != null;
        } finally {
            generator.lock().leave();
        }
    }

    @Override
    public String next() {
        if (!hasNext()) {
            generator.lock().checkOpen();
            throw new NoSuchElementException("the text has ended");
        }
        String piece = ready;
        ready = null;
        return piece;
    }

    /** What ended it; null while it goes on. */
    public Finish finish() {
        return finish.get();
    }

    /** The new tokens so far; the one that ends a text is not among them. */
    public int[] ids() {
        int[] now = ids;
        return Arrays.copyOfRange(now, promptLength, now.length);
    }

    /** End it after the token in work; may be called from any thread. */
    public void cancel() {
        finish.compareAndSet(null, Finish.CANCELLED);
    }

    private void advance() {
        if (finish.get() != null) {
            flushed = true;
            offer(watch.stopped() ? "" : watch.add(text.end()) + watch.end());
            return;
        }
        logits = logits == null ? prefill() : nextLogits();
        checkFinite(logits);
        int token = sampler.choose(logits);
        if (endIds.contains(token)) {
            finish.compareAndSet(null, Finish.END);
            return;
        }
        int[] longer = Arrays.copyOf(ids, ids.length + 1);
        longer[ids.length] = token;
        ids = longer;
        offer(watch.add(text.add(token)));
        // one that was cancelled meanwhile stays so
        finish.compareAndSet(null, reason());
    }

    private void offer(String piece) {
        ready = piece.isEmpty() ? null : piece;
    }

    private float[] prefill() {
        session.reset();
        if (ids.length <= session.capacity()) {
            return session.run(ids);
        }
        if (!options.slides) {
            throw new ModelException("the prompt has " + ids.length + " tokens, and the context holds "
                    + session.capacity() + ": shorten it, or let the context slide");
        }
        return slide();
    }

    private float[] nextLogits() {
        boolean full = session.length() == session.capacity();
        return full ? slide() : session.run(new int[] {ids[ids.length - 1]});
    }

    /** Forget all but the newest half of a full context and the token that begins texts, and read these again. */
    private float[] slide() {
        session.reset();
        int half = Math.max(1, session.capacity() / 2);
        int[] newest = Arrays.copyOfRange(ids, Math.max(0, ids.length - half), ids.length);
        if (startId != null && ids[0] == startId && session.capacity() > 1) {
            int[] begun = new int[newest.length + 1];
            begun[0] = startId;
            System.arraycopy(newest, 0, begun, 1, newest.length);
            newest = begun;
        }
        return session.run(newest);
    }

    private Finish reason() {
        if (watch.stopped()) {
            return Finish.STOP;
        }
        if (ids.length - promptLength >= options.maxTokens) {
            return Finish.LENGTH;
        }
        return session.length() == session.capacity() && !options.slides ? Finish.CONTEXT : null;
    }

    private static void checkFinite(float[] logits) {
        for (float logit : logits) {
            if (Float.isNaN(logit) || Float.isInfinite(logit)) {
                throw new ModelException("the model gives logits that are no numbers");
            }
        }
    }
}
