// Signatures of LiteRT's Java API, to compile against; never shipped.
package org.tensorflow.lite;

public enum DataType {
    FLOAT32,
    INT32,
    INT64
}
