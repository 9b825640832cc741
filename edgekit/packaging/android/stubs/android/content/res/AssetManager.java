// Signatures of Android, to compile against; never shipped.
package android.content.res;

import java.io.IOException;
import java.io.InputStream;

public final class AssetManager implements AutoCloseable {
    public InputStream open(String fileName) throws IOException {
        throw new UnsupportedOperationException();
    }

    public AssetFileDescriptor openFd(String fileName) throws IOException {
        throw new UnsupportedOperationException();
    }

    @Override
    public void close() {}
}
