// A bundle in a folder.
package @@ID@@.bundle;

import java.io.ByteArrayOutputStream;
import java.io.File;
import java.io.FileInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.RandomAccessFile;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;

/** Files below a folder. */
public final class FolderFiles implements BundleFiles {
    private static final int PIECE = 1 << 16;

    private final File folder;

    public FolderFiles(File folder) {
        this.folder = folder;
    }

    @Override
    public byte[] read(String name) throws IOException {
        try (InputStream stream = new FileInputStream(new File(folder, name))) {
            return readAll(stream);
        }
    }

    @Override
    public ByteBuffer map(String name) throws IOException {
        try (RandomAccessFile file = new RandomAccessFile(new File(folder, name), "r")) {
            return file.getChannel().map(FileChannel.MapMode.READ_ONLY, 0, file.length());
        }
    }

    /** All bytes of a stream. */
    public static byte[] readAll(InputStream stream) throws IOException {
        ByteArrayOutputStream found = new ByteArrayOutputStream();
        byte[] piece = new byte[PIECE];
        for (int size = stream.read(piece); size >= 0; size = stream.read(piece)) {
            found.write(piece, 0, size);
        }
        return found.toByteArray();
    }
}
