// corrupt [wild | unmapped | data | cycle | descending | random]: main, victim_caller, victim, and victim has overwritten
// its saved RBP and its return address. It spins and never returns. No frame above victim can be known.
#include "program.h"

static volatile uint64_t result;

OWN_FRAME void victim(const char *mode) {
    uint64_t *frame = __builtin_frame_address(0);
    uint64_t real_return = frame[1];
    static uint64_t data[64];
    if (strcmp(mode, "unmapped") == 0) {
        frame[0] = 0x10000, frame[1] = 0x10000;
    } else if (strcmp(mode, "data") == 0) {
        // A return address in memory that can be read but not executed.
        frame[0] = (uint64_t)&data[8], frame[1] = (uint64_t)&data[16];
    } else if (strcmp(mode, "cycle") == 0) {
        // Everything plausible, but the caller's frame is this one.
        frame[0] = (uint64_t)frame, frame[1] = real_return;
    } else if (strcmp(mode, "descending") == 0) {
        frame[0] = (uint64_t)frame - 256, frame[1] = real_return;
    } else {
        frame[0] = 0xdeadbeefdeadbeef, frame[1] = 0x4141414141414141;
    }
    say_ready();
    int random = strcmp(mode, "random") == 0;
    for (;;) {
        result = burn(result, 1000);
        if (random) frame[0] = result, frame[1] = burn(result, 1);
    }
}

OWN_FRAME void victim_caller(const char *mode) {
    victim(mode);
    NOT_A_TAIL_CALL;
}

int main(int count, char **arguments) {
    die_with_parent();
    victim_caller(count > 1 ? arguments[1] : "wild");
    NOT_A_TAIL_CALL;
}
