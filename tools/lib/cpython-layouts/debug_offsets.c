// Prints the words of `_Py_DebugOffsets`, as the CPython has them whose headers it is compiled with (3.13 and later).

#define Py_BUILD_CORE 1
#include <Python.h>
#include <stdio.h>

#if PY_MINOR_VERSION >= 14
#include <internal/pycore_frame.h>
#include <internal/pycore_genobject.h>
#include <internal/pycore_interp.h>
#include <internal/pycore_runtime.h>
// After those whose structures it names.
#include <internal/pycore_debug_offsets.h>
static const _Py_DebugOffsets offsets = _Py_DebugOffsets_INIT(_Py_Debug_Cookie);
#define OFFSETS offsets
#else
#include <internal/pycore_ceval.h>
#include <internal/pycore_runtime_init.h>
static _PyRuntimeState state = _PyRuntimeState_INIT(state, _Py_Debug_Cookie);
#define OFFSETS state.debug_offsets
#endif

int main(void)
{
    const unsigned long long *words = (const unsigned long long *)&OFFSETS;
    size_t count = sizeof(OFFSETS) / sizeof(*words);
    for (size_t i = 0; i < count; i++)
        printf("%s0x%llx,%s", i % 8 ? " " : "            ", words[i], i % 8 == 7 || i + 1 == count ? "\n" : "");
    return 0;
}
