// fork_children [AT_ONCE = 2] [LATER = 2] [MILLISECONDS = 500]: forks children that spin in child_work(), some before
// it is ready and the rest one by one afterwards. Prints "child PID" for each; the parent itself sleeps.
#include "program.h"

static volatile uint64_t result;

OWN_FRAME void child_work(void) {
    for (;;) result = burn(result, 100000);
}

static void start_child(void) {
    pid_t parent = getpid();
    pid_t child = fork();
    if (child == -1) fail("fork");
    if (child == 0) {
        die_with(parent);
        child_work();
    }
    char line[32];
    int length = snprintf(line, sizeof line, "child %d\n", child);
    if (write(STDOUT_FILENO, line, (size_t)length) != length) _exit(1);
}

int main(int count, char **arguments) {
    die_with_parent();
    long at_once = number(count, arguments, 1, 2), later = number(count, arguments, 2, 2);
    long milliseconds = number(count, arguments, 3, 500);
    for (long index = 0; index < at_once; index++) start_child();
    say_ready();
    for (long index = 0; index < later; index++) {
        sleep_milliseconds(milliseconds);
        start_child();
    }
    for (;;) pause();
}
