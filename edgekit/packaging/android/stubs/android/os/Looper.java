// Signatures of Android, to compile against; never shipped.
package android.os;

public final class Looper {
    private Looper() {}

    public static Looper getMainLooper() {
        throw new UnsupportedOperationException();
    }

    public Thread getThread() {
        throw new UnsupportedOperationException();
    }
}
