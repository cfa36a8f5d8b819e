// traced: spins in spin_traced() while a child of its own traces it, as a debugger would, so that nobody else can.
#include "program.h"

#include <errno.h>
#include <sys/ptrace.h>
#include <sys/wait.h>

static volatile uint64_t result;

OWN_FRAME void spin_traced(void) {
    for (;;) result = burn(result, 100000);
}

// Passes all signals on.
static void trace(pid_t target, int answer) {
    int error = ptrace(PTRACE_SEIZE, target, NULL, NULL) == -1 ? errno : 0;
    if (write(answer, &error, sizeof error) != sizeof error) _exit(1);
    int status;
    while (waitpid(target, &status, __WALL) == target && WIFSTOPPED(status)) {
        int signal = status >> 16 ? 0 : WSTOPSIG(status);
        if (ptrace(PTRACE_CONT, target, NULL, (void *)(intptr_t)signal) == -1) break;
    }
    _exit(0);
}

int main(void) {
    die_with_parent();
    pid_t self = getpid();
    int answers[2], error;
    if (pipe(answers)) fail("pipe");
    pid_t tracer = fork();
    if (tracer == -1) fail("fork");
    if (tracer == 0) {
        die_with_parent();
        trace(self, answers[1]);
    }
    prctl(PR_SET_PTRACER, tracer);
    if (read(answers[0], &error, sizeof error) != sizeof error || error) return 3;
    say_ready();
    spin_traced();
}
