// forged_stack [kernel | unmapped | none | bottom | huge | shared | device | text | chain]: spins for
// ever in spin_on_forged_stack(), whose stack pointer and frame pointer lead into a trap.
//   kernel, unmapped, none  RSP is an address of the kernel's, of nothing, or -1.
//   bottom                  RSP is the first byte of a mapping, with nothing below.
//   huge                    RSP is in the midst of 64 GiB of untouched memory, which reading must not fill.
//   shared                  RSP is in a shared mapping of a file that has been cut to nothing: reading it is SIGBUS.
//   device                  RSP is in a device's memory: a perf_event ring, which can't be read from outside.
//   text                    RSP and RBP are in the program's code.
//   chain                   a megabyte of frames that point at each other to and fro, with good return addresses.
#include "program.h"

#include <fcntl.h>
#include <linux/perf_event.h>
#include <sys/mman.h>
#include <sys/syscall.h>

// Says "ready" with the forged registers in place, and never touches its stack again.
OWN_FRAME _Noreturn void spin_on_forged_stack(uint64_t stack, uint64_t frame) {
    static const char ready[] = "ready\n";
    __asm__ volatile(
        "mov %[stack], %%rsp\n\t"
        "mov %[frame], %%rbp\n\t"
        "syscall\n"
        "1: imul $1103515245, %%r12, %%r12\n\t"
        "jmp 1b"
        :
        : [stack] "r"(stack), [frame] "r"(frame), "a"(SYS_write), "D"(1), "S"(ready), "d"(sizeof ready - 1)
        : "rcx", "r11", "r12", "memory");
    __builtin_unreachable();
}

static uint64_t map(size_t size, int flags, int file) {
    void *memory = mmap(NULL, size, PROT_READ | PROT_WRITE, flags, file, 0);
    if (memory == MAP_FAILED) fail("mmap");
    return (uint64_t)memory;
}

static uint64_t file_without_content(void) {
    int file = memfd_create("cut", 0);
    if (file == -1 || ftruncate(file, 1 << 20)) fail("memfd");
    uint64_t memory = map(1 << 20, MAP_SHARED, file);
    if (ftruncate(file, 0)) fail("ftruncate");
    return memory;
}

static uint64_t perf_ring(void) {
    struct perf_event_attr attributes = {
        .type = PERF_TYPE_SOFTWARE, .size = sizeof attributes, .config = PERF_COUNT_SW_DUMMY};
    int event = (int)syscall(SYS_perf_event_open, &attributes, 0, -1, -1, 0);
    if (event == -1) fail("perf_event_open");
    return map(9 * 4096, MAP_SHARED, event);
}

// Pairs of words (saved RBP, return address): each frame's caller is another one of the megabyte.
static uint64_t chain(void) {
    enum { pairs = 1 << 16 };
    uint64_t(*frames)[2] = (void *)map(sizeof(uint64_t[pairs][2]), MAP_PRIVATE | MAP_ANONYMOUS, -1);
    uint64_t seed = 1;
    for (int index = 0; index < pairs; index++) {
        seed = burn(seed, 1);
        // As often upwards as downwards.
        frames[index][0] = (uint64_t)frames[seed >> 48];
        frames[index][1] = (uint64_t)spin_on_forged_stack + 4 + seed % 16;
    }
    return (uint64_t)frames[pairs / 2];
}

int main(int count, char **arguments) {
    die_with_parent();
    const char *mode = count > 1 ? arguments[1] : "kernel";
    const size_t huge = (size_t)32 << 30;
    uint64_t stack = 0xffffffff81000000;
    if (strcmp(mode, "unmapped") == 0) stack = 0x10000;
    if (strcmp(mode, "none") == 0) stack = UINT64_MAX;
    if (strcmp(mode, "bottom") == 0) stack = map(1 << 20, MAP_PRIVATE | MAP_ANONYMOUS, -1);
    if (strcmp(mode, "huge") == 0) stack = huge + map(2 * huge, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1);
    if (strcmp(mode, "shared") == 0) stack = file_without_content();
    if (strcmp(mode, "device") == 0) stack = perf_ring() + 4096;
    if (strcmp(mode, "text") == 0) stack = (uint64_t)spin_on_forged_stack;
    if (strcmp(mode, "chain") == 0) stack = chain();
    spin_on_forged_stack(stack, stack + 16);
}
