// The bundle that lies in the app's assets.
package @@ID@@;

import android.content.Context;
import android.content.res.AssetFileDescriptor;
import android.content.res.AssetManager;
import android.os.Looper;
import @@ID@@.bundle.BundleFiles;
import @@ID@@.bundle.FolderFiles;
import java.io.FileInputStream;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;

/** Reads this package's files; IllegalStateException on the main thread, which must not wait for them. */
public final class AssetBundle implements BundleFiles {
    private static final String FOLDER = "@@NAME@@/";

    private final AssetManager assets;

    public AssetBundle(Context context) {
        assets = context.getAssets();
    }

    @Override
    public byte[] read(String name) throws IOException {
        checkThread();
        try (InputStream stream = assets.open(FOLDER + name)) {
            return FolderFiles.readAll(stream);
        }
    }

    /** Mapped where the app stores the file as it is, which this package's build file asks for; else a copy. */
    @Override
    public ByteBuffer map(String name) throws IOException {
        checkThread();
        try (AssetFileDescriptor file = assets.openFd(FOLDER + name);
                FileInputStream stream = new FileInputStream(file.getFileDescriptor())) {
            FileChannel channel = stream.getChannel();
            return channel.map(FileChannel.MapMode.READ_ONLY, file.getStartOffset(), file.getLength());
        } catch (FileNotFoundException compressed) {
            byte[] content = read(name);
            ByteBuffer copy = ByteBuffer.allocateDirect(content.length).order(ByteOrder.nativeOrder());
            copy.put(content).rewind();
            return copy;
        }
    }

    private static void checkThread() {
        if (Looper.getMainLooper().getThread() == Thread.currentThread()) {
            throw new IllegalStateException("a model must not be loaded on the main thread: use ModelLoader,"
                    + " or loadClassifier and loadGenerator from a coroutine");
        }
    }
}
