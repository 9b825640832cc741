// Signatures of LiteRT's Java API, to compile against; never shipped.
package org.tensorflow.lite;

import java.util.Map;

public interface InterpreterApi extends AutoCloseable {
    String[] getSignatureKeys();

    String[] getSignatureInputs(String signatureKey);

    String[] getSignatureOutputs(String signatureKey);

    Tensor getInputTensorFromSignature(String inputName, String signatureKey);

    Tensor getOutputTensorFromSignature(String outputName, String signatureKey);

    void runSignature(Map<String, Object> inputs, Map<String, Object> outputs, String signatureKey);

    @Override
    void close();

    class Options {}
}
