// A bundle that writes text.
package @@ID@@;

import @@ID@@.bundle.Bundle;
import @@ID@@.bundle.BundleFiles;
import @@ID@@.bundle.Manifest;
import @@ID@@.runtime.DecoderSession;
import @@ID@@.runtime.ModelRuntime;
import @@ID@@.tokenizer.Tokenizer;

/**
 * Goes on with a prompt, one text at a time: a new one ends the one before.
 *
 * <p>{@link ModelException} for a bundle that is not what its manifest says or is for another task, and for a runtime
 * that fails.
 */
public final class Generator implements AutoCloseable {
    private static final int USUAL_THREADS = 4;

    private final Bundle bundle;
    private final Tokenizer tokenizer;
    private final DecoderSession session;
    private volatile Generation current;

    private Generator(Bundle bundle, Tokenizer tokenizer, DecoderSession session) {
        this.bundle = bundle;
        this.tokenizer = tokenizer;
        this.session = session;
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
    public synchronized Generation start(String prompt, GenerationOptions options) {
        current = new Generation(this, session, encode(prompt), options);
        return current;
    }

    /** Write a whole text and hear of it piece by piece; {@link #cancel()} ends it from another thread. */
    public Generation generate(String prompt, GenerationOptions options, TextListener listener) {
        Generation generation = start(prompt, options);
        while (generation.hasNext()) {
            listener.onText(generation.next());
        }
        return generation;
    }

    /** A whole text. */
    public String generate(String prompt, GenerationOptions options) {
        StringBuilder text = new StringBuilder();
        generate(prompt, options, text::append);
        return text.toString();
    }

    /** End the text in work after its next token. */
    public void cancel() {
        Generation now = current;
        if (now != null) {
            now.cancel();
        }
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

    /** {@link ModelException} for a text that another one has ended. */
    void checkCurrent(Generation generation) {
        if (generation != current) {
            throw new ModelException("another text was begun: this one cannot go on");
        }
    }

    /** Forget the text in work, before something else uses the cache. */
    synchronized void abandon() {
        current = null;
    }

    @Override
    public synchronized void close() {
        current = null;
        session.close();
    }
}
