// upt_unwind PID SECONDS RATE cached | uncached: samples a thread as libunwind's manual pages show it.
//
// It seizes the thread once. At each tick it interrupts it, unwinds it by the accessors of libunwind-ptrace while it is
// stopped, and lets it run on. Prints one line a sample: nanoseconds held (from the last look that found it running, to
// its resumption: the definition of `sonde record`), nanoseconds from the interrupt to the resumption, and frames.
#include "../../Tests/Programs/program.h"

#include <libunwind-ptrace.h>
#include <math.h>
#include <sys/ptrace.h>
#include <sys/wait.h>

enum { capacity = 1 << 20, deepest = 512 };

struct sample {
    uint64_t held, whole;
    int frames;
};

static struct sample samples[capacity];

static uint64_t monotonic_nanoseconds(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (uint64_t)time.tv_sec * 1000000000 + (uint64_t)time.tv_nsec;
}

static void sleep_until(uint64_t nanoseconds) {
    struct timespec time = {.tv_sec = (time_t)(nanoseconds / 1000000000), .tv_nsec = (long)(nanoseconds % 1000000000)};
    clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &time, NULL);
}

static int unwind(unw_addr_space_t space, void *accessor_data) {
    unw_cursor_t cursor;
    if (unw_init_remote(&cursor, space, accessor_data) < 0) return 0;
    int frames = 0;
    do {
        unw_word_t address;
        if (unw_get_reg(&cursor, UNW_REG_IP, &address) < 0) break;
        frames++;
    } while (frames < deepest && unw_step(&cursor) > 0);
    return frames;
}

// Stops it and tells when it was last seen running. Signals of its own are passed on. Like `sonde record` it looks for
// 60 µs, then sleeps: a target that waits for a CPU must not be kept from it.
static uint64_t stop(pid_t pid) {
    if (ptrace(PTRACE_INTERRUPT, pid, 0, 0) == -1) fail("PTRACE_INTERRUPT");
    uint64_t start = monotonic_nanoseconds();
    for (;;) {
        uint64_t seen = monotonic_nanoseconds();
        int must_sleep = seen - start > 60000, status;
        pid_t found = waitpid(pid, &status, __WALL | (must_sleep ? 0 : WNOHANG));
        if (found == 0) continue;
        if (found == -1) fail("waitpid");
        if (!WIFSTOPPED(status)) exit(0);
        if (status >> 16 == PTRACE_EVENT_STOP) return must_sleep ? monotonic_nanoseconds() : seen;
        ptrace(PTRACE_CONT, pid, 0, WSTOPSIG(status));
    }
}

int main(int count, char **arguments) {
    if (count != 5) return 2;
    die_with_parent();
    pid_t pid = (pid_t)number(count, arguments, 1, 0);
    double seconds = strtod(arguments[2], NULL), gap = 1e9 / strtod(arguments[3], NULL);
    unw_addr_space_t space = unw_create_addr_space(&_UPT_accessors, 0);
    int is_cached = strcmp(arguments[4], "cached") == 0;
    unw_set_caching_policy(space, is_cached ? UNW_CACHE_GLOBAL : UNW_CACHE_NONE);
    void *accessor_data = _UPT_create(pid);
    if (ptrace(PTRACE_SEIZE, pid, 0, 0) == -1) fail("PTRACE_SEIZE");

    size_t taken = 0;
    uint64_t tick = monotonic_nanoseconds(), end = tick + (uint64_t)(seconds * 1e9);
    while (taken < capacity) {
        tick += (uint64_t)(-log(1 - drand48()) * gap);
        // Ticks that went by are not made up for.
        if (tick < monotonic_nanoseconds()) tick = monotonic_nanoseconds();
        if (tick >= end) break;
        sleep_until(tick);
        struct sample *sample = &samples[taken++];
        uint64_t interrupted = monotonic_nanoseconds(), stopped = stop(pid);
        sample->frames = unwind(space, accessor_data);
        if (ptrace(PTRACE_CONT, pid, 0, 0) == -1) fail("PTRACE_CONT");
        uint64_t resumed = monotonic_nanoseconds();
        sample->held = resumed - stopped;
        sample->whole = resumed - interrupted;
    }
    for (size_t index = 0; index < taken; index++)
        printf("%llu %llu %d\n", (unsigned long long)samples[index].held, (unsigned long long)samples[index].whole,
               samples[index].frames);
}
