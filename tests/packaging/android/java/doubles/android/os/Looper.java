// A double of Android's class: the thread that made it is the app's main one, and says itself when it does its work.
package android.os;

import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;

public final class Looper {
    private static Looper main;

    private final Thread thread = Thread.currentThread();
    private final LinkedBlockingQueue<Runnable> messages = new LinkedBlockingQueue<>();

    private Looper() {}

    public static void prepareMainLooper() {
        main = new Looper();
    }

    public static Looper getMainLooper() {
        return main;
    }

    public Thread getThread() {
        return thread;
    }

    public static boolean onMainThread() {
        return main != null && main.thread == Thread.currentThread();
    }

    void post(Runnable message) {
        messages.add(message);
    }

    /** Whether something waits for the main thread. */
    public static boolean isWaitedFor() {
        return !main.messages.isEmpty();
    }

    /** The main thread's work until something holds; AssertionError after 20 seconds. */
    public static void until(String what, BooleanSupplier holds) throws InterruptedException {
        long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(20);
        while (!holds.getAsBoolean()) {
            if (System.nanoTime() > end) {
                throw new AssertionError("this never came: " + what);
            }
            Runnable message = main.messages.poll(5, TimeUnit.MILLISECONDS);
            if (message != null) {
                message.run();
            }
        }
    }
}
