// A double of Android's class: a file of its own, as an asset is that an app stores as it is.
package android.content.res;

import java.io.Closeable;
import java.io.File;
import java.io.FileDescriptor;
import java.io.FileInputStream;
import java.io.IOException;

public class AssetFileDescriptor implements Closeable {
    private final File file;
    private final FileInputStream stream;

    AssetFileDescriptor(File file) throws IOException {
        this.file = file;
        stream = new FileInputStream(file);
    }

    public FileDescriptor getFileDescriptor() {
        try {
            return stream.getFD();
        } catch (IOException error) {
            throw new AssertionError(error);
        }
    }

    public long getStartOffset() {
        return 0;
    }

    public long getLength() {
        return file.length();
    }

    @Override
    public void close() throws IOException {
        stream.close();
    }
}
