// dlopen_twins [ROUNDS = 1]: loads libtwin_a.so and libtwin_b.so from beside itself in turn, the second at the place of
// the first, works in each for about ROUNDS milliseconds, unloads it. The process's size is the same with either.
// The right stacks are main, use_twin_a, call_twin, twin_work, twin_a_inner, and the same with b.
#include "program.h"

#include <dlfcn.h>

OWN_FRAME void call_twin(const char *path, long rounds) {
    void *twin = dlopen(path, RTLD_NOW | RTLD_LOCAL);
    if (!twin) {
        fputs(dlerror(), stderr);
        exit(1);
    }
    void (*work)(void) = (void (*)(void))dlsym(twin, "twin_work");
    if (!work) exit(1);
    for (long round = 0; round < rounds; round++) work();
    dlclose(twin);
}

OWN_FRAME void use_twin_a(const char *path, long rounds) {
    call_twin(path, rounds);
    NOT_A_TAIL_CALL;
}

OWN_FRAME void use_twin_b(const char *path, long rounds) {
    call_twin(path, rounds);
    __asm__ volatile("nop" ::: "memory");
}

int main(int count, char **arguments) {
    die_with_parent();
    char self[4000], paths[2][4096];
    long rounds = number(count, arguments, 1, 1);
    ssize_t length = readlink("/proc/self/exe", self, sizeof self - 1);
    if (length < 0) fail("/proc/self/exe");
    self[length] = 0;
    *strrchr(self, '/') = 0;
    snprintf(paths[0], sizeof paths[0], "%s/libtwin_a.so", self);
    snprintf(paths[1], sizeof paths[1], "%s/libtwin_b.so", self);
    say_ready();
    for (;;) {
        use_twin_a(paths[0], rounds);
        use_twin_b(paths[1], rounds);
    }
}
