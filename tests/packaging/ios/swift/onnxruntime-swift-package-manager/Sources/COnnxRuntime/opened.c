// Opens ONNX Runtime's library by path: the linker need not know where it is.

#include "opened.h"

#include <dlfcn.h>
#include <stdlib.h>

const OrtApi *opened_onnxruntime(void) {
    const char *path = getenv("EDGEKIT_ONNXRUNTIME");
    void *library = path ? dlopen(path, RTLD_NOW | RTLD_LOCAL) : NULL;
    if (!library) return NULL;
    const OrtApiBase *(*base)(void) = (const OrtApiBase *(*)(void))dlsym(library, "OrtGetApiBase");
    return base ? base()->GetApi(ORT_API_VERSION) : NULL;
}
