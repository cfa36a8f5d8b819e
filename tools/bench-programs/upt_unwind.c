// upt_unwind PID SECONDS RATE cached | uncached [all]: samples the first thread, or all threads, as libunwind's manual
// pages show it.
//
// It seizes a thread once. At each tick it interrupts it, asleep or not, unwinds it by libunwind-ptrace's accessors
// while it is stopped, and lets it run on; all of them are stopped until the last is unwound, as one consistent picture
// needs. Prints one line a tick: nanoseconds held (from the last look that found the first one running, to the last
// one's resumption: the definition of `sonde record`), nanoseconds from the interrupt to the resumption, and frames.
#include "../../Tests/Programs/program.h"
#include "clock.h"

#include <dirent.h>
#include <errno.h>
#include <libunwind-ptrace.h>
#include <math.h>
#include <sys/ptrace.h>
#include <sys/wait.h>

enum { capacity = 1 << 20, deepest = 512, most_threads = 4096, highest_id = 1 << 22 };

struct sample {
    uint64_t held, whole;
    int frames;
};

static struct sample samples[capacity];

static struct thread {
    pid_t id;
    void *accessor_data;
} threads[most_threads];

static size_t thread_count;
static char is_known[highest_id + 1];

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

static void seize(pid_t id) {
    if (thread_count == most_threads || is_known[id]) return;
    if (ptrace(PTRACE_SEIZE, id, 0, 0) == -1) {
        // It has ended meanwhile.
        if (errno == ESRCH) return;
        fail("PTRACE_SEIZE");
    }
    is_known[id] = 1;
    threads[thread_count++] = (struct thread){id, _UPT_create(id)};
}

static void seize_all(pid_t pid) {
    char path[64];
    snprintf(path, sizeof path, "/proc/%d/task", pid);
    DIR *directory = opendir(path);
    if (!directory) return;
    for (struct dirent *entry; (entry = readdir(directory));)
        if (entry->d_name[0] != '.') seize((pid_t)strtol(entry->d_name, NULL, 10));
    closedir(directory);
}

static void forget(size_t index) {
    _UPT_destroy(threads[index].accessor_data);
    is_known[threads[index].id] = 0;
    threads[index] = threads[--thread_count];
}

// Waits until it has stopped and tells when it was last seen running; 0 when it has ended. Signals of its own are
// passed on. Like `sonde record` it looks for 60 µs after the interrupt, then sleeps: a target that waits for a CPU must
// not be kept from it.
static uint64_t wait_until_stopped(pid_t id, uint64_t interrupted) {
    for (;;) {
        uint64_t seen = monotonic_nanoseconds();
        int must_sleep = seen - interrupted > 60000, status;
        pid_t found = waitpid(id, &status, __WALL | (must_sleep ? 0 : WNOHANG));
        if (found == 0) continue;
        if (found == -1) fail("waitpid");
        if (!WIFSTOPPED(status)) return 0;
        if (status >> 16 == PTRACE_EVENT_STOP) return must_sleep ? monotonic_nanoseconds() : seen;
        ptrace(PTRACE_CONT, id, 0, WSTOPSIG(status));
    }
}

// Interrupts the threads and waits until the last has stopped. Tells when the first was last seen running.
static uint64_t stop_threads(uint64_t interrupted) {
    // One that has ended can't be interrupted, and is found by waitpid().
    for (size_t index = 0; index < thread_count; index++) ptrace(PTRACE_INTERRUPT, threads[index].id, 0, 0);
    uint64_t first = UINT64_MAX;
    for (size_t index = 0; index < thread_count;) {
        uint64_t stopped = wait_until_stopped(threads[index].id, interrupted);
        if (stopped == 0) {
            forget(index);
            continue;
        }
        if (stopped < first) first = stopped;
        index++;
    }
    return first;
}

static struct sample take_sample(unw_addr_space_t space) {
    uint64_t interrupted = monotonic_nanoseconds(), stopped = stop_threads(interrupted);
    struct sample sample = {0};
    for (size_t index = 0; index < thread_count; index++) sample.frames += unwind(space, threads[index].accessor_data);
    for (size_t index = 0; index < thread_count; index++) ptrace(PTRACE_CONT, threads[index].id, 0, 0);
    uint64_t resumed = monotonic_nanoseconds();
    sample.held = resumed - stopped;
    sample.whole = resumed - interrupted;
    return sample;
}

int main(int count, char **arguments) {
    int takes_all = count == 6 && strcmp(arguments[5], "all") == 0;
    if (count != 5 && !takes_all) return 2;
    die_with_parent();
    pid_t pid = (pid_t)number(count, arguments, 1, 0);
    double seconds = strtod(arguments[2], NULL), gap = 1e9 / strtod(arguments[3], NULL);
    unw_addr_space_t space = unw_create_addr_space(&_UPT_accessors, 0);
    int is_cached = strcmp(arguments[4], "cached") == 0;
    unw_set_caching_policy(space, is_cached ? UNW_CACHE_GLOBAL : UNW_CACHE_NONE);
    seize(pid);

    size_t taken = 0;
    uint64_t tick = monotonic_nanoseconds(), end = tick + (uint64_t)(seconds * 1e9);
    while (taken < capacity) {
        tick += (uint64_t)(-log(1 - drand48()) * gap);
        // Ticks that went by are not made up for.
        if (tick < monotonic_nanoseconds()) tick = monotonic_nanoseconds();
        if (tick >= end) break;
        sleep_until(tick);
        if (takes_all) seize_all(pid);
        struct sample sample = take_sample(space);
        if (thread_count == 0) break;
        samples[taken++] = sample;
    }
    for (size_t index = 0; index < taken; index++)
        printf("%llu %llu %d\n", (unsigned long long)samples[index].held, (unsigned long long)samples[index].whole,
               samples[index].frames);
}
