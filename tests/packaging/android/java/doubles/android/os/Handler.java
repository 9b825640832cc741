// A double of Android's class.
package android.os;

public class Handler {
    private final Looper looper;

    public Handler(Looper looper) {
        this.looper = looper;
    }

    public final boolean post(Runnable r) {
        looper.post(r);
        return true;
    }
}
