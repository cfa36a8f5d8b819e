// The clock by which the benchmark and its programs agree.
#pragma once

#include <stdint.h>
#include <time.h>

static inline uint64_t monotonic_nanoseconds(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (uint64_t)time.tv_sec * 1000000000 + (uint64_t)time.tv_nsec;
}
