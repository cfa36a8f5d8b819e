// One thread that spends 75 % of its CPU time in hot() and 25 % in cold(), by construction: slices of equal work, each
// given to one of the two by a biased coin. The slices are short against the gap between samples, so samples are
// independent and the number of them in hot() is binomial with p = 0.75.
#include "program.h"

static const long slice_steps = 40000;  // about 50 µs

static volatile uint64_t result;

OWN_FRAME void hot(uint64_t seed) { result = burn(seed, slice_steps); }

OWN_FRAME void cold(uint64_t seed) { result = burn(seed, slice_steps); }

int main(void) {
    die_with_parent();
    say_ready();
    uint64_t coin = 88172645463325252u;
    for (;;) {
        coin ^= coin << 13, coin ^= coin >> 7, coin ^= coin << 17;
        if ((coin >> 32) % 4 < 3) {
            hot(coin);
        } else {
            cold(coin);
        }
    }
}
