// fork_storm [PER_SECOND = 300]: forks so many children each second, which work for about a millisecond in
// child_work() and end; every tenth forks one of its own first. Each is reaped at once. At the end of its input it
// exits: with status 0, or 3 if wait(2) has shown it anything but each child's ordinary end.
#include "program.h"

#include <errno.h>
#include <poll.h>
#include <sys/wait.h>

static volatile uint64_t result;

OWN_FRAME void child_work(void) { result = burn(result, 1000000); }

static void reap(pid_t child) {
    int status;
    if (waitpid(child, &status, WUNTRACED | WCONTINUED) != child || !WIFEXITED(status) || WEXITSTATUS(status) != 7) {
        _exit(3);
    }
}

static pid_t start(int also_forks) {
    pid_t parent = getpid();
    pid_t child = fork();
    if (child == -1) fail("fork");
    if (child != 0) return child;
    die_with(parent);
    if (also_forks) reap(start(0));
    child_work();
    _exit(7);
}

int main(int count, char **arguments) {
    die_with_parent();
    long per_second = number(count, arguments, 1, 300);
    if (per_second < 1) return 64;
    struct timespec next;
    clock_gettime(CLOCK_MONOTONIC, &next);
    say_ready();
    struct pollfd input = {.fd = STDIN_FILENO, .events = POLLIN};
    for (long round = 0; poll(&input, 1, 0) == 0; round++) {
        reap(start(round % 10 == 0));
        next.tv_nsec += 1000000000 / per_second;
        next.tv_sec += next.tv_nsec / 1000000000, next.tv_nsec %= 1000000000;
        clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &next, NULL);
    }
    int left = 0;
    while (waitpid(-1, NULL, 0) > 0) left++;
    return errno == ECHILD && left == 0 ? 0 : 3;
}
