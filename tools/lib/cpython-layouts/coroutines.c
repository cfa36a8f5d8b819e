// Prints where the CPython of the headers that it is compiled with keeps coroutines, the states of their frames, and what
// functions have, for Sources/Runtimes/CPython/CPythonTaskTables.swift:
//   gcc -w -I PREFIX/include/python3.X -I PREFIX/include/python3.X/internal coroutines.c && ./a.out
//
// Generators, coroutines and asynchronous generators begin with the same fields.
#define Py_BUILD_CORE 1
#include <Python.h>
#include <frameobject.h>
#include <stddef.h>
#include <stdio.h>

#define MINOR PY_MINOR_VERSION
#if MINOR >= 11
#include <internal/pycore_frame.h>
#include <opcode.h>
#endif
#if MINOR >= 14
#include <internal/pycore_interpframe_structs.h>
#endif

#define AT(type, field) ((int)offsetof(type, field))

int main(void)
{
#if MINOR <= 9
    printf("frame: .object(%d, stack: .top(%d)),", AT(PyGenObject, gi_frame), AT(PyFrameObject, f_stacktop));
#elif MINOR == 10
    printf("frame: .object(%d, stack: .depth(%d, values: .pointer(%d))),", AT(PyGenObject, gi_frame),
           AT(PyFrameObject, f_stackdepth), AT(PyFrameObject, f_valuestack));
#else
    printf("frame: .embedded(%d, state: %d, ", AT(PyGenObject, gi_iframe), AT(PyGenObject, gi_frame_state));
#if MINOR <= 13
    printf("stack: .depth(%d, values: .inFrame(%d))),", AT(struct _PyInterpreterFrame, stacktop),
           AT(struct _PyInterpreterFrame, localsplus));
#else
    printf("stack: .top(%d)),", AT(struct _PyInterpreterFrame, stackpointer));
#endif
#endif
#if MINOR <= 10
    printf(" delegation: .nextInstruction(72)\n");
#elif MINOR <= 12
    printf(" delegation: .resumption([%d, %d])\n", RESUME,
#if MINOR == 11
           RESUME_QUICK
#else
           INSTRUMENTED_RESUME
#endif
    );
    printf(" states created %d suspended %d executing %d\n", FRAME_CREATED, FRAME_SUSPENDED, FRAME_EXECUTING);
#else
    printf(" delegation: .state(%d)\n", FRAME_SUSPENDED_YIELD_FROM);
    printf(" states created %d suspended %d executing %d\n", FRAME_CREATED, FRAME_SUSPENDED, FRAME_EXECUTING);
#endif
    printf("functionName: %d, closure: %d\n", AT(PyFunctionObject, func_qualname), AT(PyFunctionObject, func_closure));
    return 0;
}
