// Signatures of Android, to compile against; never shipped.
package android.os;

public final class Looper {
    public static Looper getMainLooper() {
        throw new UnsupportedOperationException();
    }

    public Thread getThread() {
        throw new UnsupportedOperationException();
    }
}
