// One text in the making.
package @@ID@@;

import @@ID@@.runtime.DecoderSession;
import java.util.Arrays;
import java.util.Iterator;
import java.util.NoSuchElementException;
import java.util.Set;

/** Iterate over it for its pieces, whole characters only; then read how it ended. Stop asking, and it is given up. */
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
        /** It was cancelled. */
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
    private int[] ids;
    private float[] logits;
    private String ready;
    private volatile Finish finish;
    private volatile boolean cancelled;
    private boolean flushed;

    Generation(Generator generator, DecoderSession session, int[] prompt, GenerationOptions options) {
        this.generator = generator;
        this.session = session;
        this.options = options;
        startId = generator.bundle().manifest().startId();
        endIds = generator.bundle().manifest().endIds();
        sampler = new Sampler(options);
        text = new TextStream(generator.tokenizer(), prompt);
        watch = new StopWatch(options.stops);
        promptLength = prompt.length;
        ids = prompt;
    }

    /** Whether a further piece comes; computes it. */
    @Override
    public boolean hasNext() {
        synchronized (generator) {
            while (ready == null && !flushed) {
                advance();
            }
            return ready != null;
        }
    }

    @Override
    public String next() {
        if (!hasNext()) {
            throw new NoSuchElementException("the text has ended");
        }
        String piece = ready;
        ready = null;
        return piece;
    }

    /** What ended it; null while it goes on. */
    public Finish finish() {
        return finish;
    }

    /** The new tokens so far; the one that ends a text is not among them. */
    public int[] ids() {
        synchronized (generator) {
            return Arrays.copyOfRange(ids, promptLength, ids.length);
        }
    }

    /** End it after the token in work; may be called from any thread. */
    public void cancel() {
        cancelled = true;
    }

    private void advance() {
        generator.checkCurrent(this);
        if (finish != null) {
            flushed = true;
            offer(watch.stopped() ? "" : watch.add(text.end()) + watch.end());
            return;
        }
        if (cancelled) {
            finish = Finish.CANCELLED;
            return;
        }
        logits = logits == null ? prefill() : nextLogits();
        checkFinite(logits);
        int token = sampler.choose(logits);
        if (endIds.contains(token)) {
            finish = Finish.END;
            return;
        }
        ids = Arrays.copyOf(ids, ids.length + 1);
        ids[ids.length - 1] = token;
        offer(watch.add(text.add(token)));
        finish = reason();
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
