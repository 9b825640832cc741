// A double of Android's class: assets in a folder, which the main thread must not wait for.
package android.content.res;

import android.os.Looper;
import java.io.File;
import java.io.FileInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.util.concurrent.atomic.AtomicInteger;

public final class AssetManager implements AutoCloseable {
    /** The app's assets. */
    public static volatile File folder;

    /** How many were opened. */
    public static final AtomicInteger OPENED = new AtomicInteger();

    public InputStream open(String fileName) throws IOException {
        return new FileInputStream(found(fileName));
    }

    public AssetFileDescriptor openFd(String fileName) throws IOException {
        return new AssetFileDescriptor(found(fileName));
    }

    private static File found(String name) {
        if (Looper.onMainThread()) {
            throw new AssertionError("the main thread reads " + name);
        }
        OPENED.incrementAndGet();
        return new File(folder, name);
    }

    @Override
    public void close() {}
}
