// Who hears of a text as it is written.
package @@ID@@;

/** Called with each piece of a text, on the thread that writes it. */
public interface TextListener {
    void onText(String piece);
}
