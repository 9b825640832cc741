// Where the files of a bundle are.
package @@ID@@.bundle;

import java.io.IOException;
import java.nio.ByteBuffer;

/** The files of one bundle, by their names in its manifest. */
public interface BundleFiles {
    /** The whole content of a small file. */
    byte[] read(String name) throws IOException;

    /** A file's content as a direct buffer, mapped into memory where that can be done. */
    ByteBuffer map(String name) throws IOException;
}
