#include "CFuzzer.h"

// Of libFuzzer (llvm.org/docs/LibFuzzer.html, "Using libFuzzer as a library"), which has no header for it.
int LLVMFuzzerRunDriver(int *count, char ***arguments, cfuzzer_input test);

int cfuzzer_run(int count, char **arguments, cfuzzer_input test) {
    return LLVMFuzzerRunDriver(&count, &arguments, test);
}
