// What every test program shares: it says "ready" when it is in the state that its name promises, then runs until it
// is killed, and never outlives the test that started it.
#pragma once

#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <time.h>
#include <unistd.h>

// A function that keeps its own frame and symbol: not inlined, not cloned, not merged with a twin.
#ifdef __clang__
#define OWN_FRAME __attribute__((noinline))
#else
#define OWN_FRAME __attribute__((noinline, noipa))
#endif

// Put after a call so that it isn't in tail position.
#define NOT_A_TAIL_CALL __asm__ volatile("" ::: "memory")

// The kernel means the thread that started this program: it has to live as long as its process.
static inline void die_with_parent(void) { prctl(PR_SET_PDEATHSIG, SIGKILL); }

// For a child: dies with its parent also if that has ended before the child could ask for it.
static inline void die_with(pid_t parent) {
    die_with_parent();
    if (getppid() != parent) _exit(1);
}

// Async-signal-safe.
static inline void say_ready(void) {
    if (write(STDOUT_FILENO, "ready\n", 6) != 6) _exit(1);
}

static inline void fail(const char *what) {
    perror(what);
    exit(1);
}

// An argument as a number, or `fallback` where there is none.
static inline long number(int count, char **arguments, int index, long fallback) {
    return index < count ? strtol(arguments[index], NULL, 10) : fallback;
}

// A fixed amount of arithmetic on registers: no memory, no calls. A million steps are about a millisecond.
static inline __attribute__((always_inline)) uint64_t burn(uint64_t seed, long steps) {
    for (long step = 0; step < steps; step++) {
        seed = seed * 6364136223846793005u + 1442695040888963407u;
        __asm__ volatile("" : "+r"(seed));
    }
    return seed;
}

static inline void sleep_milliseconds(long milliseconds) {
    struct timespec time = {.tv_sec = milliseconds / 1000, .tv_nsec = milliseconds % 1000 * 1000000};
    nanosleep(&time, NULL);
}
