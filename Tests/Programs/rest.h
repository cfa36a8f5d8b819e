// rest(): says that the stack is complete, then runs in spin() or sleeps in nap() without end.
#include "program.h"

static volatile uint64_t result;
static int is_asleep;

OWN_FRAME void spin(void) {
    for (;;) result = burn(result, 1000000);
}

OWN_FRAME void nap(void) {
    for (;;) {
        pause();
        NOT_A_TAIL_CALL;
    }
}

OWN_FRAME void rest(void) {
    say_ready();
    if (is_asleep) nap();
    spin();
    NOT_A_TAIL_CALL;
}
