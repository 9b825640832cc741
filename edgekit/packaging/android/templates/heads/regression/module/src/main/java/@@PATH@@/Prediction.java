// What a regression says of a text.
package @@ID@@;

/** A number. */
public final class Prediction {
    private final float[] logits;

    Prediction(float[] logits) {
        this.logits = logits;
    }

    /** The number that the model gives: its logit as it is. */
    public float value() {
        return logits[0];
    }

    /** What the model gave: the value alone. */
    public float[] logits() {
        return logits.clone();
    }

    @Override
    public String toString() {
        return String.valueOf(value());
    }
}
