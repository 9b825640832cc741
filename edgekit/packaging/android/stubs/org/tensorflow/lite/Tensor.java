// Signatures of LiteRT's Java API, to compile against; never shipped.
package org.tensorflow.lite;

public interface Tensor {
    DataType dataType();

    int numBytes();

    int numElements();

    int[] shape();
}
