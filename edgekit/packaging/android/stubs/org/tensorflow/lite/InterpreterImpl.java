// Signatures of LiteRT's Java API, to compile against; never shipped.
package org.tensorflow.lite;

import java.util.Map;

class InterpreterImpl implements InterpreterApi {
    static class Options extends InterpreterApi.Options {}

    @Override
    public String[] getSignatureKeys() {
        throw new UnsupportedOperationException();
    }

    @Override
    public String[] getSignatureInputs(String signatureKey) {
        throw new UnsupportedOperationException();
    }

    @Override
    public String[] getSignatureOutputs(String signatureKey) {
        throw new UnsupportedOperationException();
    }

    @Override
    public Tensor getInputTensorFromSignature(String inputName, String signatureKey) {
        throw new UnsupportedOperationException();
    }

    @Override
    public Tensor getOutputTensorFromSignature(String outputName, String signatureKey) {
        throw new UnsupportedOperationException();
    }

    @Override
    public void runSignature(Map<String, Object> inputs, Map<String, Object> outputs, String signatureKey) {
        throw new UnsupportedOperationException();
    }

    @Override
    public void close() {}
}
