// reused_code: first() and second() call generated code at one address by turns, half a second each. Before each turn
// the code is named anew in the perf map, code_of_first or code_of_second. With an argument, that many damaged lines come
// before them.
#include "program.h"

#include <fcntl.h>
#include <stdbool.h>
#include <sys/mman.h>

typedef void code(long rounds);

static code *generated;
static size_t generated_size;
static int map;

// Counts down from its argument; position-independent.
__asm__(".text\n"
        "template:\n"
        "push %rbp\n"
        "mov %rsp, %rbp\n"
        "1: dec %rdi\n"
        "jnz 1b\n"
        "pop %rbp\n"
        "ret\n"
        "template_end:\n");
extern const char template[], template_end[];

static void generate(void) {
    generated_size = (size_t)(template_end - template);
    void *page = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (page == MAP_FAILED) fail("mmap");
    memcpy(page, template, generated_size);
    if (mprotect(page, 4096, PROT_READ | PROT_EXEC)) fail("mprotect");
    generated = (code *)page;
}

static void name_code(const char *name) {
    char line[128];
    int length = snprintf(line, sizeof line, "%lx %zx %s\n", (unsigned long)generated, generated_size, name);
    if (write(map, line, (size_t)length) != length) fail("write");
}

static bool is_over(const struct timespec *start) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (now.tv_sec - start->tv_sec) * 1000 + (now.tv_nsec - start->tv_nsec) / 1000000 >= 500;
}

static inline __attribute__((always_inline)) void take_turn(void) {
    struct timespec start;
    clock_gettime(CLOCK_MONOTONIC, &start);
    while (!is_over(&start)) generated(1000000);
}

OWN_FRAME void first(void) {
    name_code("code_of_first");
    take_turn();
    NOT_A_TAIL_CALL;
}

OWN_FRAME void second(void) {
    name_code("code_of_second");
    take_turn();
    NOT_A_TAIL_CALL;
}

int main(int count, char **arguments) {
    die_with_parent();
    char path[64];
    snprintf(path, sizeof path, "/tmp/perf-%d.map", getpid());
    map = open(path, O_CREAT | O_TRUNC | O_WRONLY | O_APPEND | O_CLOEXEC, 0600);
    if (map < 0) fail(path);
    for (long line = number(count, arguments, 1, 0); line > 0; line--) dprintf(map, "no line of a perf map\n");
    generate();
    for (bool is_ready = false;; is_ready = true) {
        first();
        second();
        if (!is_ready) say_ready();
    }
}
