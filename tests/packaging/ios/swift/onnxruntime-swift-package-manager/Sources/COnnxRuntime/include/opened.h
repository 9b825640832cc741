// ONNX Runtime's C functions, from the library that EDGEKIT_ONNXRUNTIME names.

#include <onnxruntime/onnxruntime_c_api.h>

/// The functions of the header's version; null where the library is missing or too old.
const OrtApi *opened_onnxruntime(void);
