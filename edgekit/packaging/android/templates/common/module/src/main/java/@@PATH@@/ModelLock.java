// A loaded model between its loading and its closing: one thread at a time works with it, and it is closed once.
package @@ID@@;

import java.util.concurrent.locks.ReentrantLock;

/**
 * Whoever closes it does not wait for the thread that works with it, as an app's main thread must not: where there is
 * one, that thread gives back the model's memory when it is done.
 */
final class ModelLock implements AutoCloseable {
    private final ReentrantLock lock = new ReentrantLock();
    private final String noun;
    private final Runnable release;
    private volatile boolean closed;
    // guarded by the lock
    private boolean released;

    /** `noun` says what is closed; `release` gives back the model's memory. */
    ModelLock(String noun, Runnable release) {
        this.noun = noun;
        this.release = release;
    }

    /** Wait for the others; {@link ModelException} where the model is closed. {@link #leave()} must follow. */
    void enter() {
        if (!tryEnter()) {
            throw closed();
        }
    }

    /** The same; false where the model is closed, and then nothing must follow. */
    boolean tryEnter() {
        lock.lock();
        if (closed) {
            leave();
            return false;
        }
        return true;
    }

    void leave() {
        lock.unlock();
        releaseUnused();
    }

    /** {@link ModelException} where the model is closed. */
    void checkOpen() {
        if (closed) {
            throw closed();
        }
    }

    /** Nobody enters any more; of no effect a second time. */
    @Override
    public void close() {
        closed = true;
        releaseUnused();
    }

    private ModelException closed() {
        return new ModelException("this " + noun + " is closed: load it again");
    }

    /** After each {@link #leave()} too: who closes while the lock is held leaves this to who holds it. */
    private void releaseUnused() {
        if (!closed || lock.isHeldByCurrentThread() || !lock.tryLock()) {
            return;
        }
        try {
            if (!released) {
                released = true;
                release.run();
            }
        } finally {
            lock.unlock();
        }
    }
}
