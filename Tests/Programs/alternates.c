// alternates: sleeps in wait_shortly() and then three times as long in wait_long(), in turn, thousands of times a
// second, so that each wait is an odd or an even one. Each SIGUSR1 prints "short N long M": the nanoseconds spent so
// far in each, by the program's own clock.
#include "program.h"

static volatile sig_atomic_t is_asked;

static uint64_t now(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (uint64_t)time.tv_sec * 1000000000u + (uint64_t)time.tv_nsec;
}

OWN_FRAME uint64_t wait_shortly(void) {
    struct timespec time = {.tv_nsec = 50000};
    uint64_t start = now();
    nanosleep(&time, NULL);
    return now() - start;
}

OWN_FRAME uint64_t wait_long(void) {
    struct timespec time = {.tv_nsec = 150000};
    uint64_t start = now();
    nanosleep(&time, NULL);
    return now() - start;
}

static void ask(int signal) {
    (void)signal;
    is_asked = 1;
}

int main(void) {
    die_with_parent();
    prctl(PR_SET_TIMERSLACK, 1);
    struct sigaction action = {.sa_handler = ask};
    sigaction(SIGUSR1, &action, NULL);
    uint64_t spent_shortly = 0, spent_long = 0;
    say_ready();
    for (;;) {
        spent_shortly += wait_shortly();
        spent_long += wait_long();
        if (!is_asked) continue;
        is_asked = 0;
        printf("short %llu long %llu\n", (unsigned long long)spent_shortly, (unsigned long long)spent_long);
        fflush(stdout);
    }
}
