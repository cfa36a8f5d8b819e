// Compiled twice, as libplugin_a.so and libplugin_b.so, for dlopen.c: the loader tends to put one where the other was,
// and the two have different code and symbols at the same addresses.
#include "program.h"

static volatile uint64_t result;

#ifdef PLUGIN_B
static const char padding[8192] = "libplugin_b is laid out differently";

OWN_FRAME void plugin_b_inner(void) {
    char frame[600];
    __asm__ volatile("" : : "r"(frame), "r"(padding) : "memory");
    result = burn(result, 1000000);
    NOT_A_TAIL_CALL;
}

OWN_FRAME void plugin_b_middle(void) {
    plugin_b_inner();
    NOT_A_TAIL_CALL;
}

void plugin_work(void) {
    plugin_b_middle();
    NOT_A_TAIL_CALL;
}
#else
OWN_FRAME void plugin_a_inner(void) {
    result = burn(result, 1000000);
    NOT_A_TAIL_CALL;
}

void plugin_work(void) {
    plugin_a_inner();
    NOT_A_TAIL_CALL;
}
#endif
