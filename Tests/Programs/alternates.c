// alternates: sleeps 50 µs in wait_shortly() and 250 µs in wait_long(), in turn, so that of its thousands of waits a
// second the even ones are short and the odd ones long.
#include "program.h"

OWN_FRAME void wait_shortly(void) {
    struct timespec time = {.tv_nsec = 50000};
    nanosleep(&time, NULL);
}

OWN_FRAME void wait_long(void) {
    struct timespec time = {.tv_nsec = 250000};
    nanosleep(&time, NULL);
}

int main(void) {
    die_with_parent();
    prctl(PR_SET_TIMERSLACK, 1);
    say_ready();
    for (;;) {
        wait_shortly();
        wait_long();
    }
}
