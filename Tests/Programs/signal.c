// signal [alarm | user] [normal | alternate]: a signal handler that works, on the normal or an alternate stack.
// alarm: SIGALRM interrupts busy_work() and its handler spins for ever; the stack is then spin_in_handler, on_signal, the
// signal frame, busy_work, outer_work, main. user: each SIGUSR1 makes the handler spin for a few milliseconds.
#include "program.h"

#include <sys/time.h>

static volatile uint64_t result;
static volatile sig_atomic_t forever;

OWN_FRAME void spin_in_handler(void) {
    do {
        result = burn(result, 5000000);
    } while (forever);
}

OWN_FRAME void on_signal(int signal) {
    (void)signal;
    if (forever) say_ready();
    spin_in_handler();
    NOT_A_TAIL_CALL;
}

OWN_FRAME void busy_work(void) {
    for (;;) result = burn(result, 1000);
}

OWN_FRAME void outer_work(void) {
    busy_work();
    NOT_A_TAIL_CALL;
}

int main(int count, char **arguments) {
    die_with_parent();
    int user = count > 1 && strcmp(arguments[1], "user") == 0;
    int alternate = count > 2 && strcmp(arguments[2], "alternate") == 0;
    struct sigaction action = {.sa_handler = on_signal, .sa_flags = SA_RESTART | (alternate ? SA_ONSTACK : 0)};
    if (alternate) {
        stack_t stack = {.ss_size = 256 * 1024, .ss_sp = malloc(256 * 1024)};
        if (sigaltstack(&stack, NULL) == -1) fail("sigaltstack");
    }
    if (sigaction(user ? SIGUSR1 : SIGALRM, &action, NULL) == -1) fail("sigaction");
    if (user) {
        say_ready();
    } else {
        forever = 1;
        struct itimerval once = {.it_value.tv_usec = 10000};
        setitimer(ITIMER_REAL, &once, NULL);
    }
    outer_work();
    NOT_A_TAIL_CALL;
}
