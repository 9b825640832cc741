// A double of ONNX Runtime's class: a tensor over a direct buffer of the caller's, as the real one is.
package ai.onnxruntime;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.nio.IntBuffer;
import java.nio.LongBuffer;

public class OnnxTensor extends OnnxTensorLike {
    final OnnxJavaType type;
    final long[] shape;
    private final ByteBuffer bytes;
    private final FloatBuffer floats;
    private boolean closed;

    OnnxTensor(OnnxJavaType type, long[] shape, ByteBuffer bytes) {
        this.type = type;
        this.shape = shape.clone();
        this.bytes = bytes;
        this.floats = type == OnnxJavaType.FLOAT ? bytes.asFloatBuffer() : null;
    }

    private OnnxTensor(FloatBuffer data, long[] shape) throws OrtException {
        check(data.isDirect(), data.remaining(), shape);
        this.type = OnnxJavaType.FLOAT;
        this.shape = shape.clone();
        this.bytes = null;
        this.floats = data;
    }

    public static OnnxTensor createTensor(OrtEnvironment env, FloatBuffer data, long[] shape) throws OrtException {
        return new OnnxTensor(data, shape);
    }

    public static OnnxTensor createTensor(OrtEnvironment env, IntBuffer data, long[] shape) throws OrtException {
        check(data.isDirect(), data.remaining(), shape);
        ByteBuffer copy = ByteBuffer.allocate(4 * data.remaining()).order(ByteOrder.nativeOrder());
        copy.asIntBuffer().put(data.duplicate());
        return new OnnxTensor(OnnxJavaType.INT32, shape, copy);
    }

    public static OnnxTensor createTensor(OrtEnvironment env, LongBuffer data, long[] shape) throws OrtException {
        check(data.isDirect(), data.remaining(), shape);
        ByteBuffer copy = ByteBuffer.allocate(8 * data.remaining()).order(ByteOrder.nativeOrder());
        copy.asLongBuffer().put(data.duplicate());
        return new OnnxTensor(OnnxJavaType.INT64, shape, copy);
    }

    private static void check(boolean direct, int count, long[] shape) throws OrtException {
        long wanted = 1;
        for (long size : shape) {
            wanted *= size;
        }
        if (!direct || wanted != count) {
            throw new OrtException("a buffer that is not direct, or " + count + " values for a shape of " + wanted);
        }
    }

    ByteBuffer content() {
        if (closed) {
            throw new IllegalStateException("a closed tensor");
        }
        if (bytes != null) {
            return bytes.duplicate();
        }
        ByteBuffer copy = ByteBuffer.allocate(4 * floats.capacity()).order(ByteOrder.nativeOrder());
        FloatBuffer all = floats.duplicate();
        all.rewind();
        copy.asFloatBuffer().put(all);
        return copy;
    }

    void write(ByteBuffer content) {
        FloatBuffer all = floats.duplicate();
        all.rewind();
        all.put(content.order(ByteOrder.nativeOrder()).asFloatBuffer());
    }

    public FloatBuffer getFloatBuffer() {
        return type == OnnxJavaType.FLOAT ? floats.duplicate() : null;
    }

    @Override
    public void close() {
        closed = true;
    }
}
