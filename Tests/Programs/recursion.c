// recursion [FRAMES = 400] [spin | sleep]: main, so many frames of descend(), then spin_at_bottom() or sleep_at_bottom().
#include "program.h"

static volatile uint64_t result;

OWN_FRAME void spin_at_bottom(void) {
    say_ready();
    for (;;) result = burn(result, 100000);
}

OWN_FRAME void sleep_at_bottom(void) {
    say_ready();
    for (;;) pause();
}

OWN_FRAME void descend(long frames, void (*bottom)(void)) {
    if (frames > 1) {
        descend(frames - 1, bottom);
    } else {
        bottom();
    }
    NOT_A_TAIL_CALL;
}

int main(int count, char **arguments) {
    die_with_parent();
    int sleeps = count > 2 && strcmp(arguments[2], "sleep") == 0;
    descend(number(count, arguments, 1, 400), sleeps ? sleep_at_bottom : spin_at_bottom);
}
