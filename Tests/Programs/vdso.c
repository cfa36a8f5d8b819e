// main, read_clock, then clock_gettime and mostly the vDSO's code below it.
#include "program.h"

static volatile int64_t result;

OWN_FRAME void read_clock(void) {
    for (;;) {
        struct timespec now;
        clock_gettime(CLOCK_MONOTONIC, &now);
        result = now.tv_nsec;
    }
}

int main(void) {
    die_with_parent();
    say_ready();
    read_clock();
    NOT_A_TAIL_CALL;
}
