// Five threads, the first one included, each with an arena of its own, that leak known blocks and keep others. Once ready,
// it prints what mallinfo2(3) counts: bytes in use in arenas (with those in threads' caches), and bytes that were mapped.
//
// Of each thread there are leaks: 100 of 200 bytes that begin with "leaked text", 50 Widgets of 40 usable bytes, 10 pairs of
// 120 bytes that point to each other, 2 of a megabyte, and 1 of a megabyte that is aligned to a page.
#include "program.h"
#include <malloc.h>
#include <pthread.h>
#include <sys/syscall.h>

namespace {

constexpr int threads = 5, kept = 500, freed = 20;

struct Widget {
    long values[3] = {1, 2, 3};
    virtual ~Widget() {}
};

struct Keeper {
    void *blocks[kept];
    void *middle;
    void *mapped;
};
Keeper keepers[threads];
pthread_barrier_t barrier;

template <typename Pointer> void hide(Pointer &pointer) { __asm__ volatile("" : "+r"(pointer) : : "memory"); }

OWN_FRAME void leak_blocks() {
    for (int index = 0; index < 100; index++) {
        char *text = static_cast<char *>(malloc(200));
        strcpy(text, "leaked text");
        hide(text);
    }
    for (int index = 0; index < 50; index++) {
        Widget *widget = new Widget;
        hide(widget);
    }
    for (int index = 0; index < 10; index++) {
        void **first = static_cast<void **>(calloc(1, 120)), **second = static_cast<void **>(calloc(1, 120));
        first[3] = second + 2;
        second[0] = first;
        hide(first);
    }
    for (int index = 0; index < 2; index++) {
        void *large = calloc(1, 1 << 20);
        hide(large);
    }
    void *aligned = aligned_alloc(4096, 1 << 20);
    hide(aligned);
}

// Each block leads to the next, by its middle.
OWN_FRAME void keep_blocks(Keeper &keeper) {
    for (int index = 0; index < kept; index++) keeper.blocks[index] = calloc(1, 24 + index % 60 * 8);
    keeper.middle = static_cast<char *>(calloc(1, 500)) + 77;
    keeper.mapped = calloc(1, 3 << 20);
    void **link = static_cast<void **>(keeper.blocks[0]);
    for (int index = 0; index < 100; index++) {
        void **next = static_cast<void **>(calloc(1, 90));
        *link = next + 1;
        link = next;
    }
}

// Some go to the thread's cache, the others to a fast bin, or are joined.
OWN_FRAME void free_blocks() {
    void *small[freed], *medium[freed];
    for (int index = 0; index < freed; index++) {
        small[index] = calloc(1, 72);
        medium[index] = calloc(1, 700);
    }
    for (int index = 0; index < freed; index++) {
        free(small[index]);
        free(medium[index]);
    }
}

// Overwrites what is left of pointers on the stack.
OWN_FRAME void scrub() {
    volatile char room[1 << 16];
    for (size_t index = 0; index < sizeof room; index++) room[index] = 0;
}

// Sleeps without a pointer in a register that nobody uses any more.
[[noreturn]] void sleep_forever() {
    for (;;) {
        long result = SYS_pause;
        __asm__ volatile(
            "xor %%ebx, %%ebx; xor %%edi, %%edi; xor %%esi, %%esi; xor %%edx, %%edx; xor %%r8d, %%r8d; xor %%r9d, %%r9d;"
            "xor %%r10d, %%r10d; xor %%r12d, %%r12d; xor %%r13d, %%r13d; xor %%r14d, %%r14d; xor %%r15d, %%r15d; syscall"
            : "+a"(result) : : "rbx", "rcx", "rdx", "rsi", "rdi", "r8", "r9", "r10", "r11", "r12", "r13", "r14", "r15", "memory");
    }
}

void *work(void *keeper) {
    leak_blocks();
    keep_blocks(*static_cast<Keeper *>(keeper));
    free_blocks();
    scrub();
    pthread_barrier_wait(&barrier);
    scrub();
    sleep_forever();
}

}  // namespace

int main() {
    die_with_parent();
    pthread_barrier_init(&barrier, nullptr, threads);
    pthread_t thread;
    for (int index = 1; index < threads; index++) pthread_create(&thread, nullptr, work, &keepers[index]);
    // The main arena is the first thread's.
    leak_blocks();
    keep_blocks(keepers[0]);
    free_blocks();
    scrub();
    pthread_barrier_wait(&barrier);
    struct mallinfo2 info = mallinfo2();
    char line[80];
    int length = snprintf(line, sizeof line, "%zu %zu\n", info.uordblks, info.hblkhd);
    say_ready();
    if (write(STDOUT_FILENO, line, length) != length) return 1;
    scrub();
    sleep_forever();
}
