// meter FRAMES: a stack of FRAMES frames in all, whose leaf watches the clock and notes when it did not run.
//
// It says "ready", spins until SIGTERM, then prints one line for each gap of more than 2 µs: when it ended, and how long
// it was, in nanoseconds of CLOCK_MONOTONIC. It reads the processor's counter, because clock_gettime() would put frames
// of the vDSO on the stack, which libunwind's own accessors unwind wrongly. As a library it does the same for meter.py.
#include "../../Tests/Programs/program.h"
#include "clock.h"

#include <x86intrin.h>

enum { capacity = 1 << 20, smallest_gap = 2000 };

struct gap {
    uint64_t end, length;
};

static struct gap gaps[capacity];
static size_t gap_count;
static volatile sig_atomic_t must_end;

static void request_end(int signal) {
    (void)signal;
    must_end = 1;
}

struct instant {
    uint64_t counter, nanoseconds;
};

static struct instant now(void) { return (struct instant){__rdtsc(), monotonic_nanoseconds()}; }

static double nanoseconds_per_count(struct instant from, struct instant to) {
    return (double)(to.nanoseconds - from.nanoseconds) / (double)(to.counter - from.counter);
}

static struct instant start;
static uint64_t smallest;

void prepare(void) {
    signal(SIGTERM, request_end);
    // So that no page is touched for the first time while it measures.
    memset(gaps, 1, sizeof gaps);
    start = now();
    sleep_milliseconds(50);
    smallest = (uint64_t)(smallest_gap / nanoseconds_per_count(start, now()));
}

OWN_FRAME void watch(void) {
    uint64_t least = smallest, last = __rdtsc();
    while (!must_end) {
        uint64_t counter = __rdtsc();
        if (counter - last > least && gap_count < capacity) gaps[gap_count++] = (struct gap){counter, counter - last};
        last = counter;
    }
}

void print_gaps(void) {
    struct instant end = now();
    double scale = nanoseconds_per_count(start, end);
    for (size_t index = 0; index < gap_count; index++) {
        double before_end = (double)(end.counter - gaps[index].end) * scale;
        printf("%llu %.0f\n", (unsigned long long)(end.nanoseconds - (uint64_t)before_end),
               (double)gaps[index].length * scale);
    }
    fflush(stdout);
}

OWN_FRAME void descend(long frames) {
    if (frames > 1) {
        descend(frames - 1);
    } else {
        watch();
    }
    NOT_A_TAIL_CALL;
}

int main(int count, char **arguments) {
    die_with_parent();
    prepare();
    say_ready();
    // The others are watch, main, and three of the C library's start.
    descend(number(count, arguments, 1, 47) - 5);
    print_gaps();
}
