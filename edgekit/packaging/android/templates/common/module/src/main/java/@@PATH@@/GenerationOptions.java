// How a text is written, and what ends it.
package @@ID@@;

import java.util.Arrays;
import java.util.Collections;
import java.util.List;

/** Unchangeable: each method gives other options. {@link #usual()} takes the best token up to 256 times. */
public final class GenerationOptions {
    private static final GenerationOptions USUAL =
            new GenerationOptions(256, 0, 0, 1, 0, Collections.<String>emptyList(), false);

    final int maxTokens;
    final double temperature;
    final int topK;
    final double topP;
    final long seed;
    final List<String> stops;
    final boolean slides;

    private GenerationOptions(
            int maxTokens, double temperature, int topK, double topP, long seed, List<String> stops, boolean slides) {
        if (maxTokens < 1 || !(temperature >= 0 && temperature < Double.POSITIVE_INFINITY) || topK < 0
                || !(topP > 0 && topP <= 1)) {
            throw new ModelException("there must be a token at least; temperature and top-k must be 0 or more, top-p"
                    + " above 0 and at most 1");
        }
        this.maxTokens = maxTokens;
        this.temperature = temperature;
        this.topK = topK;
        this.topP = topP;
        this.seed = seed;
        this.stops = stops;
        this.slides = slides;
    }

    public static GenerationOptions usual() {
        return USUAL;
    }

    /** The most new tokens. */
    public GenerationOptions maxTokens(int most) {
        return new GenerationOptions(most, temperature, topK, topP, seed, stops, slides);
    }

    /** 0 takes the best token; else logits are divided by it before one is drawn. */
    public GenerationOptions temperature(double value) {
        return new GenerationOptions(maxTokens, value, topK, topP, seed, stops, slides);
    }

    /** Only so many of the best tokens may be drawn; 0: all. Of no effect at temperature 0. */
    public GenerationOptions topK(int count) {
        return new GenerationOptions(maxTokens, temperature, count, topP, seed, stops, slides);
    }

    /** Only the best tokens whose probabilities make up this much may be drawn; 1: all. */
    public GenerationOptions topP(double share) {
        return new GenerationOptions(maxTokens, temperature, topK, share, seed, stops, slides);
    }

    /** The same seed gives the same text. */
    public GenerationOptions seed(long value) {
        return new GenerationOptions(maxTokens, temperature, topK, topP, value, stops, slides);
    }

    /** Texts that end it where they appear; they are left out of it. */
    public GenerationOptions stops(String... texts) {
        List<String> all = Collections.unmodifiableList(Arrays.asList(texts.clone()));
        return new GenerationOptions(maxTokens, temperature, topK, topP, seed, all, slides);
    }

    /** Where the cache is full, forget the older half and go on, instead of ending the text. */
    public GenerationOptions slidesWhenFull(boolean slide) {
        return new GenerationOptions(maxTokens, temperature, topK, topP, seed, stops, slide);
    }
}
