// Prints the layout of the CPython whose headers it is compiled with, as an expression of Swift.
//
// 3.6 has no internal headers, but declares all of these structures in its public ones, except for the lock: its variables
// (`gil_locked`, `gil_last_holder`) are found by their names.

#ifdef OLDER_GC_HEAD
// 3.7.4 aligned PyGC_Head to 16 bytes by a member of type `long double`, where it had a `double` before. _PyRuntimeState
// contains some of them. With `long long` the headers of a later release have the layout of the earlier ones.
#include <math.h>
#include <stdlib.h>
#include <time.h>
#define double long
#endif

#define Py_BUILD_CORE 1
#include <Python.h>
#include <frameobject.h>
#include <stddef.h>
#include <stdio.h>

#define MINOR PY_MINOR_VERSION
#if MINOR == 7
#include <internal/pystate.h>
#elif MINOR == 8
#include <internal/pycore_pystate.h>
#elif MINOR >= 9
#include <internal/pycore_interp.h>
#include <internal/pycore_runtime.h>
#endif
#if MINOR >= 11
#include <internal/pycore_frame.h>
#endif
#if MINOR >= 14
#include <internal/pycore_interpframe_structs.h>
#endif

#if MINOR <= 10
typedef PyFrameObject Frame;
#define PREVIOUS f_back
#define CODE f_code
#else
typedef struct _PyInterpreterFrame Frame;
#define PREVIOUS previous
#if MINOR <= 12
#define CODE f_code
#else
#define CODE f_executable
#endif
#endif

#define AT(type, field) ((int)offsetof(type, field))
#define END(type, field) (AT(type, field) + (int)sizeof(((type *)0)->field))

static int furthest(const int *ends, int count)
{
    int most = 0;
    for (int i = 0; i < count; i++)
        if (ends[i] > most) most = ends[i];
    // Whole words are read.
    return (most + 7) & ~7;
}

#define FURTHEST(...) furthest((const int[]){__VA_ARGS__}, sizeof((const int[]){__VA_ARGS__}) / sizeof(int))

static void runtime(void)
{
#if MINOR == 6
    printf("    runtime: nil,\n");
#elif MINOR <= 11
    printf("    runtime: .init(interpretersHead: %d, currentThread: %d, lock: %d),\n",
           AT(_PyRuntimeState, interpreters.head), AT(_PyRuntimeState, gilstate.tstate_current),
           AT(_PyRuntimeState, ceval.gil));
#else
    printf("    runtime: .init(interpretersHead: %d, currentThread: nil, lock: nil),\n",
           AT(_PyRuntimeState, interpreters.head));
#endif
}

static void interpreter(void)
{
#if MINOR <= 8
    printf("    interpreter: .init(next: %d, threadsHead: %d, modules: %d, collector: nil, lock: nil),\n",
           AT(PyInterpreterState, next), AT(PyInterpreterState, tstate_head), AT(PyInterpreterState, modules));
#elif MINOR <= 10
    printf("    interpreter: .init(next: %d, threadsHead: %d, modules: %d, collector: %d, lock: nil),\n",
           AT(PyInterpreterState, next), AT(PyInterpreterState, tstate_head), AT(PyInterpreterState, modules),
           AT(PyInterpreterState, gc));
#elif MINOR == 11
    printf("    interpreter: .init(next: %d, threadsHead: %d, modules: %d, collector: %d, lock: nil),\n",
           AT(PyInterpreterState, next), AT(PyInterpreterState, threads.head), AT(PyInterpreterState, modules),
           AT(PyInterpreterState, gc));
#else
    printf("    interpreter: .init(next: %d, threadsHead: %d, modules: %d, ", AT(PyInterpreterState, next),
           AT(PyInterpreterState, threads.head), AT(PyInterpreterState, imports.modules));
#ifdef Py_GIL_DISABLED
    printf("collector: nil, ");
#else
    printf("collector: %d, ", AT(PyInterpreterState, gc));
#endif
    printf("lock: %d),\n", AT(PyInterpreterState, ceval.gil));
#endif
}

static void lock(void)
{
#if MINOR == 6
    printf("    lock: nil,\n");
#elif defined(Py_GIL_DISABLED)
    printf("    lock: .init(locked: %d, lastHolder: %d, enabled: %d),\n", AT(struct _gil_runtime_state, locked),
           AT(struct _gil_runtime_state, last_holder), AT(struct _gil_runtime_state, enabled));
#else
    printf("    lock: .init(locked: %d, lastHolder: %d, enabled: nil),\n", AT(struct _gil_runtime_state, locked),
           AT(struct _gil_runtime_state, last_holder));
#endif
}

static void thread(void)
{
    printf("    thread: .init(\n        next: %d, interpreter: %d, threadID: %d, ", AT(PyThreadState, next),
           AT(PyThreadState, interp), AT(PyThreadState, thread_id));
#if MINOR <= 10
    printf("nativeThreadID: nil,\n        frames: .frameObject(%d), dataStack: nil),\n", AT(PyThreadState, frame));
#else
    printf("nativeThreadID: %d,\n        ", AT(PyThreadState, native_thread_id));
#if MINOR <= 12
    printf("frames: .controlFrame(%d, current: %d, previous: %d),\n        ", AT(PyThreadState, cframe),
           AT(_PyCFrame, current_frame), AT(_PyCFrame, previous));
#else
    printf("frames: .interpreterFrame(%d), ", AT(PyThreadState, current_frame));
#endif
    printf("dataStack: .init(chunk: %d, top: %d)),\n", AT(PyThreadState, datastack_chunk),
           AT(PyThreadState, datastack_top));
#endif
}

static void frame(void)
{
#if MINOR <= 10
    int end = FURTHEST(END(Frame, PREVIOUS), END(Frame, CODE), END(Frame, f_lasti));
    printf("    frame: .init(byteCount: %d, previous: %d, code: %d, instruction: .index(%d, unit: %d), entry: .each, "
           "variables: %d),\n",
           end, AT(Frame, PREVIOUS), AT(Frame, CODE), AT(Frame, f_lasti), MINOR == 10 ? 2 : 1, AT(Frame, f_localsplus));
#else
#if MINOR <= 12
#define INSTRUCTION prev_instr
#else
#define INSTRUCTION instr_ptr
#endif
    int end = FURTHEST(END(Frame, PREVIOUS), END(Frame, CODE), END(Frame, INSTRUCTION), END(Frame, owner));
    printf("    frame: .init(\n        byteCount: %d, previous: %d, code: %d, instruction: .pointer(%d), ", end,
           AT(Frame, PREVIOUS), AT(Frame, CODE), AT(Frame, INSTRUCTION));
#if MINOR == 11
    printf("entry: .controlFrame(isEntry: %d), ", AT(Frame, is_entry));
#elif MINOR <= 13
    printf("entry: .owner(%d, ofLoop: %d), ", AT(Frame, owner), FRAME_OWNED_BY_CSTACK);
#else
    printf("entry: .owner(%d, ofLoop: %d), ", AT(Frame, owner), FRAME_OWNED_BY_INTERPRETER);
#endif
    printf("variables: %d),\n", AT(Frame, localsplus));
#endif
}

static void code(void)
{
    int end = FURTHEST(END(PyCodeObject, co_name), END(PyCodeObject, co_filename), END(PyCodeObject, co_firstlineno),
#if MINOR >= 14 && defined(Py_GIL_DISABLED)
                       END(PyCodeObject, co_tlbc),
#endif
#if MINOR >= 11
                       END(PyCodeObject, co_qualname), END(PyCodeObject, co_localspluskinds),
#else
                       END(PyCodeObject, co_code), END(PyCodeObject, co_cellvars),
#endif
                       END(PyCodeObject, co_kwonlyargcount), END(PyCodeObject, co_flags),
#if MINOR >= 10
                       END(PyCodeObject, co_linetable));
#else
                       END(PyCodeObject, co_lnotab));
#endif
    printf("    code: .init(\n        byteCount: %d, name: %d, ", end, AT(PyCodeObject, co_name));
#if MINOR >= 11
    printf("qualifiedName: %d, ", AT(PyCodeObject, co_qualname));
#else
    printf("qualifiedName: nil, ");
#endif
    printf("fileName: %d, firstLine: %d, ", AT(PyCodeObject, co_filename), AT(PyCodeObject, co_firstlineno));
#if MINOR >= 10
    printf("lineTable: %d,\n        ", AT(PyCodeObject, co_linetable));
#else
    printf("lineTable: %d,\n        ", AT(PyCodeObject, co_lnotab));
#endif
#if MINOR >= 11
    printf("instructions: %d, instructionBytes: nil,\n        ", AT(PyCodeObject, co_code_adaptive));
#else
    printf("instructions: nil, instructionBytes: %d,\n        ", AT(PyCodeObject, co_code));
#endif
    printf("variables: .init(flags: %d, arguments: %d, keywordOnly: %d, ", AT(PyCodeObject, co_flags),
           AT(PyCodeObject, co_argcount), AT(PyCodeObject, co_kwonlyargcount));
#if MINOR >= 11
    printf("names: .together(%d, kinds: %d))),\n", AT(PyCodeObject, co_localsplusnames),
           AT(PyCodeObject, co_localspluskinds));
#else
    printf("names: .apart(%d, cells: %d, free: %d))),\n", AT(PyCodeObject, co_varnames), AT(PyCodeObject, co_cellvars),
           AT(PyCodeObject, co_freevars));
#endif
}

static void threadCode(void)
{
#if MINOR >= 14 && defined(Py_GIL_DISABLED)
    printf("    threadCode: .init(index: %d, array: %d, entries: %d))\n", AT(Frame, tlbc_index), AT(PyCodeObject, co_tlbc),
           AT(_PyCodeArray, entries));
#else
    printf("    threadCode: nil)\n");
#endif
}

int main(void)
{
    printf("CPythonLayout(\n");
    runtime();
    interpreter();
    lock();
    thread();
    frame();
    code();
    threadCode();
    return 0;
}
