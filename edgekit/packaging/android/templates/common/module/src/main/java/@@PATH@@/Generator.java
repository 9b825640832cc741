// A bundle that writes text.
package @@ID@@;

import @@ID@@.bundle.Bundle;
import @@ID@@.bundle.BundleFiles;
import @@ID@@.bundle.Manifest;
import @@ID@@.runtime.DecoderSession;
import @@ID@@.runtime.ModelRuntime;
import @@ID@@.tokenizer.Tokenizer;

/**
 * Goes on with a prompt, one text at a time: a new one ends the one before, which is {@link Generation.Finish#CANCELLED}
 * then. May be used from several threads; call it off the main one.
 *
 * <p>{@link ModelException} for a bundle that is not what its manifest says or is for another task, for a runtime that
 * fails, and after {@link #close()}.
 */
public final class Generator implements AutoCloseable {
    private static final int USUAL_THREADS = 4;

    private final Bundle bundle;
    private final Tokenizer tokenizer;
    private final DecoderSession session;
    private final ModelLock lock;
    // the text in work; guarded by this
    private Generation current;

    private Generator(Bundle bundle, Tokenizer tokenizer, DecoderSession session) {
        this.bundle = bundle;
        this.tokenizer = tokenizer;
        this.session = session;
        lock = new ModelLock("generator", session::close);
    }

    /** Checks and loads a bundle. It takes its time: call it off the main thread. */
    public static Generator load(BundleFiles files) {
        return load(files, USUAL_THREADS);
    }

    /** The same, on so many threads of the processor. */
    public static Generator load(BundleFiles files, int threads) {
        Bundle bundle = Bundle.open(files, Manifest.GENERATION);
        Tokenizer tokenizer = bundle.tokenizer();
        return new Generator(bundle, tokenizer, ModelRuntime.decoder(bundle.model(), bundle.manifest(), threads));
    }

    /** Begin a text behind `prompt`; nothing is computed until its first piece is asked for. */
    public Generation start(String prompt, GenerationOptions options) {
        lock.checkOpen();
        Generation next = new Generation(this, encode(prompt), options);
        become(next);
        return next;
    }

    /** Write a whole text and hear of it piece by piece; {@link #cancel()} ends it from another thread. */
    public Generation generate(String prompt, GenerationOptions options, TextListener listener) {
        Generation generation = start(prompt, options);
        while (generation.hasNext()) {
            listener.onText(generation.next());
        }
        return generation;
    }

    /** A whole text; of one that was cancelled, as another text or {@link #close()} does, what there was until then. */
    public String generate(String prompt, GenerationOptions options) {
        StringBuilder text = new StringBuilder();
        generate(prompt, options, text::append);
        return text.toString();
    }

    /** End the text in work after its next token. */
    public void cancel() {
        become(null);
    }

    /** Another text, or none, is the one in work: the one before ends. */
    private synchronized void become(Generation next) {
        if (current != null) {
            current.cancel();
        }
        current = next;
    }

    Bundle bundle() {
        return bundle;
    }

    Tokenizer tokenizer() {
        return tokenizer;
    }

    DecoderSession session() {
        return session;
    }

    /** Held by who works with the session. */
    ModelLock lock() {
        return lock;
    }

    /** The ids of a prompt; an empty one becomes the token that begins a text. */
    int[] encode(String prompt) {
        int[] ids = tokenizer.encode(prompt).ids();
        if (ids.length > 0) {
            return ids;
        }
        if (bundle.manifest().startId() == null) {
            throw new ModelException("the prompt is empty, and the model has no token that begins a text");
        }
        return new int[] {bundle.manifest().startId()};
    }

    /**
     * End the text in work and give back the model's memory: at once, or after the token in work. Does not wait; a
     * second time does nothing.
     */
    @Override
    public void close() {
        lock.close();
        cancel();
    }
}
