// exits [MILLISECONDS = 500] [STATUS = 0]: spins in spin_until_exit() for so long after it is ready, or until SIGUSR1, then
// exits.
#include "program.h"

static volatile uint64_t result;
static volatile sig_atomic_t must_exit;

static void on_signal(int number) { must_exit = number; }

static double now_in_milliseconds(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec * 1e3 + (double)now.tv_nsec / 1e6;
}

OWN_FRAME void spin_until_exit(double end) {
    while (!must_exit && now_in_milliseconds() < end) result = burn(result, 100000);
}

int main(int count, char **arguments) {
    die_with_parent();
    signal(SIGUSR1, on_signal);
    say_ready();
    spin_until_exit(now_in_milliseconds() + (double)number(count, arguments, 1, 500));
    return (int)number(count, arguments, 2, 0);
}
