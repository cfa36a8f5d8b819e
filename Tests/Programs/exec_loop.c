// exec_loop [MILLISECONDS = 50]: spins in spin_before_exec() and then executes itself again, for ever, under one PID.
#include "program.h"

static volatile uint64_t result;

static double now_in_milliseconds(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec * 1e3 + (double)now.tv_nsec / 1e6;
}

OWN_FRAME void spin_before_exec(double end) {
    while (now_in_milliseconds() < end) result = burn(result, 100000);
}

int main(int count, char **arguments) {
    die_with_parent();
    long milliseconds = number(count, arguments, 1, 50), generation = number(count, arguments, 2, 0);
    if (generation == 0) say_ready();
    spin_before_exec(now_in_milliseconds() + (double)milliseconds);
    char interval[24], next[24];
    snprintf(interval, sizeof interval, "%ld", milliseconds);
    snprintf(next, sizeof next, "%ld", generation + 1);
    execl("/proc/self/exe", arguments[0], interval, next, (char *)NULL);
    fail("execl");
}
