// large_frames WHERE KIND [asleep | SHIFT]: outer() calls a function with a large frame, and that rest(), then spin() or nap().
// WHERE is main or thread. KIND is alloca_1, alloca_3 (MiB, found by the frame pointer), array_1, array_3 (by the stack
// pointer), array_12, array_300 (KiB), or twice (two of array_1, one below the other). A thread's frames lie SHIFT bytes further down.
#include "rest.h"

#include <alloca.h>
#include <pthread.h>

static const char *kind;
static size_t shift;

OWN_FRAME void dynamic(size_t size) {
    char *room = alloca(size);
    // Only its two ends, as of a stack that a runtime puts there.
    __asm__ volatile("movb $1, (%0)" : : "r"(room) : "memory");
    __asm__ volatile("movb $1, -1(%0, %1)" : : "r"(room), "r"(size) : "memory");
    rest();
    __asm__ volatile("" : : "r"(room) : "memory");
}

#define LARGE(name, size, callee)                                 \
    OWN_FRAME void name(void) {                                   \
        char room[size];                                          \
        __asm__ volatile("movb $1, %0" : "=m"(room[0]));          \
        __asm__ volatile("movb $1, %0" : "=m"(room[(size) - 1])); \
        callee();                                                 \
        __asm__ volatile("" : : "r"(room) : "memory");            \
    }

LARGE(array_12, 12 << 10, rest)
LARGE(array_300, 300 << 10, rest)
LARGE(array_1, 1 << 20, rest)
LARGE(array_3, 3 << 20, rest)
LARGE(twice, 1 << 20, array_1)

OWN_FRAME void outer(void) {
    if (strcmp(kind, "alloca_1") == 0) dynamic(1 << 20);
    if (strcmp(kind, "alloca_3") == 0) dynamic(3 << 20);
    if (strcmp(kind, "array_12") == 0) array_12();
    if (strcmp(kind, "array_300") == 0) array_300();
    if (strcmp(kind, "array_1") == 0) array_1();
    if (strcmp(kind, "array_3") == 0) array_3();
    if (strcmp(kind, "twice") == 0) twice();
    NOT_A_TAIL_CALL;
}

OWN_FRAME void shifted(void) {
    char *room = alloca(shift);
    __asm__ volatile("" : : "r"(room) : "memory");
    outer();
    NOT_A_TAIL_CALL;
}

OWN_FRAME void *run_thread(void *unused) {
    if (shift > 0) shifted();
    outer();
    return unused;
}

int main(int count, char **arguments) {
    die_with_parent();
    if (count < 3) return 1;
    kind = arguments[2];
    is_asleep = count > 3 && strcmp(arguments[3], "asleep") == 0;
    if (count > 3) shift = (size_t)atoi(arguments[3]);
    if (strcmp(arguments[1], "thread") == 0) {
        pthread_t thread;
        if (pthread_create(&thread, NULL, run_thread, NULL) != 0) fail("pthread_create");
        pthread_join(thread, NULL);
    }
    outer();
    NOT_A_TAIL_CALL;
}
