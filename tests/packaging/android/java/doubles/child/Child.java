// The Python program that runs model files for the doubles.
package child;

import java.io.BufferedInputStream;
import java.io.BufferedOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;

/** One process for all sessions, started from -Dchild.python and -Dchild.program. */
public final class Child {
    private static Child only;

    private final DataOutputStream out;
    private final DataInputStream in;

    private Child() throws IOException {
        ProcessBuilder builder =
                new ProcessBuilder(System.getProperty("child.python"), System.getProperty("child.program"));
        Process process = builder.redirectError(ProcessBuilder.Redirect.INHERIT).start();
        out = new DataOutputStream(new BufferedOutputStream(process.getOutputStream()));
        in = new DataInputStream(new BufferedInputStream(process.getInputStream()));
    }

    public static synchronized Child get() throws IOException {
        if (only == null) {
            only = new Child();
        }
        return only;
    }

    public void put(int value) throws IOException {
        out.writeInt(value);
    }

    public void put(String text) throws IOException {
        byte[] content = text.getBytes(StandardCharsets.UTF_8);
        out.writeInt(content.length);
        out.write(content);
    }

    public void put(ByteBuffer content) throws IOException {
        byte[] bytes = new byte[content.remaining()];
        content.duplicate().get(bytes);
        out.writeInt(bytes.length);
        out.write(bytes);
    }

    public void putArray(int type, long[] shape, ByteBuffer content) throws IOException {
        put(type);
        put(shape.length);
        for (long size : shape) {
            put((int) size);
        }
        put(content);
    }

    /** Send what was put; what the child says first: "ok", or what failed. */
    public String ask() throws IOException {
        out.flush();
        return text();
    }

    public int number() throws IOException {
        return in.readInt();
    }

    public String text() throws IOException {
        return new String(content(), StandardCharsets.UTF_8);
    }

    public byte[] content() throws IOException {
        byte[] bytes = new byte[in.readInt()];
        in.readFully(bytes);
        return bytes;
    }

    public long[] shape() throws IOException {
        long[] shape = new long[number()];
        for (int axis = 0; axis < shape.length; axis++) {
            shape[axis] = number();
        }
        return shape;
    }
}
