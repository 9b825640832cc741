// The one exception of this package.
package @@ID@@;

/** What went wrong with a bundle, a text or a runtime, in one sentence. */
public class ModelException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    public ModelException(String message) {
        super(message);
    }

    public ModelException(String message, Throwable cause) {
        super(message, cause);
    }
}
