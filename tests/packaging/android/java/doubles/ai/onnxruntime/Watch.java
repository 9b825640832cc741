// What a test sees of all sessions, and where it can hold them.
package ai.onnxruntime;

import android.os.Looper;
import java.util.concurrent.atomic.AtomicInteger;

/** Counts sessions; a held place stops there whoever comes, until it is let go on. */
public final class Watch {
    public static final AtomicInteger OPENED = new AtomicInteger();
    public static final AtomicInteger CLOSED = new AtomicInteger();
    public static final Place LOAD = new Place();
    public static final Place RUN = new Place();

    private Watch() {}

    /** Where threads can be stopped. */
    public static final class Place {
        private int stopped;
        private boolean held;

        public synchronized void hold() {
            held = true;
        }

        /** Whether somebody stands there. */
        public synchronized boolean isReached() {
            return stopped > 0;
        }

        public synchronized void letGo() {
            held = false;
            notifyAll();
        }

        private synchronized void pass() {
            stopped++;
            while (held) {
                try {
                    wait();
                } catch (InterruptedException early) {
                    Thread.currentThread().interrupt();
                    break;
                }
            }
            stopped--;
        }
    }

    static void opens() {
        if (Looper.onMainThread()) {
            throw new AssertionError("the main thread loads a model");
        }
        LOAD.pass();
        OPENED.incrementAndGet();
    }

    static void runs() {
        RUN.pass();
    }

    static void closes() {
        CLOSED.incrementAndGet();
    }
}
