#include "CDemangle.h"

#include <libiberty/demangle.h>
#include <setjmp.h>
#include <stdlib.h>
#include <string.h>

// Of libswiftCore, for its backtraces: the short form that `swift demangle -simplified` prints. Allocates the result.
char *_swift_backtrace_demangle(const char *mangled, size_t length, char *buffer, size_t *buffer_size);

struct output {
    char *buffer;
    size_t capacity, length;
    jmp_buf full;
};

// Jumps over libiberty's frames when the buffer is full. It holds nothing there but its stack: the functions with a
// callback exist for signal handlers and never allocate.
static void append(const char *text, size_t length, void *opaque) {
    struct output *output = opaque;
    size_t room = output->capacity - output->length;
    size_t count = length < room ? length : room;
    memcpy(output->buffer + output->length, text, count);
    output->length += count;
    if (output->length == output->capacity) longjmp(output->full, 1);
}

static size_t demangle(int (*demangler)(const char *, int, demangle_callbackref, void *), const char *mangled,
                       int options, char *buffer, size_t capacity) {
    struct output output = {.buffer = buffer, .capacity = capacity};
    if (setjmp(output.full)) return capacity;
    return demangler(mangled, options, append, &output) ? output.length : 0;
}

static void note_parsed(const char *text, size_t length, void *opaque) {
    (void)text, (void)length;
    longjmp(*(jmp_buf *)opaque, 1);
}

// Whether libiberty parses a C++ name to its end. Without its parameters it takes `_Z9not_validsp` for `not_valid`, whatever
// follows; with them it prints nothing of such a name.
static int is_whole(const char *mangled) {
    jmp_buf parsed;
    if (setjmp(parsed)) return 1;
    return cplus_demangle_v3_callback(
        mangled, DMGL_PARAMS | DMGL_ANSI | DMGL_NO_RECURSE_LIMIT, note_parsed, &parsed);
}

// With its limit of depth, libiberty refuses C++ names of more than 1,024 bytes, which templates easily have.
size_t cdemangle_itanium(const char *mangled, char *buffer, size_t capacity) {
    if (!is_whole(mangled)) return 0;
    return demangle(cplus_demangle_v3_callback, mangled, DMGL_ANSI | DMGL_NO_RECURSE_LIMIT, buffer, capacity);
}

size_t cdemangle_rust(const char *mangled, char *buffer, size_t capacity) {
    return demangle(rust_demangle_callback, mangled, 0, buffer, capacity);
}

size_t cdemangle_swift(const char *mangled, char *buffer, size_t capacity) {
    char *name = _swift_backtrace_demangle(mangled, strlen(mangled), NULL, NULL);
    if (!name) return 0;
    size_t length = strnlen(name, capacity);
    memcpy(buffer, name, length);
    free(name);
    return length;
}
