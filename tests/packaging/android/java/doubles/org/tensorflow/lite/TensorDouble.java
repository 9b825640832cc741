// A double of what LiteRT says of a tensor.
package org.tensorflow.lite;

final class TensorDouble implements Tensor {
    private final DataType type;
    private final long[] shape;

    TensorDouble(DataType type, long[] shape) {
        this.type = type;
        this.shape = shape;
    }

    @Override
    public DataType dataType() {
        return type;
    }

    @Override
    public int numBytes() {
        return numElements() * (type == DataType.INT64 ? 8 : 4);
    }

    @Override
    public int numElements() {
        int count = 1;
        for (long size : shape) {
            count *= (int) size;
        }
        return count;
    }

    @Override
    public int[] shape() {
        int[] found = new int[shape.length];
        for (int axis = 0; axis < found.length; axis++) {
            found[axis] = (int) shape[axis];
        }
        return found;
    }

    long[] longShape() {
        return shape;
    }
}
