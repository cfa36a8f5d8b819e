// Compiled twice, as libtwin_a.so and libtwin_b.so, for dlopen_twins.c: same size, same layout, other names.
#include "program.h"

static volatile uint64_t result;

OWN_FRAME void TWIN_INNER(void) {
    result = burn(result, 1000000);
    NOT_A_TAIL_CALL;
}

void twin_work(void) {
    TWIN_INNER();
    NOT_A_TAIL_CALL;
}
