// host_load [PROCESSES = 1000] [KIBIBYTES = 1024] [STARTS = 0]: forks so many processes, which touch so much memory each,
// take twenty names among them and sleep. Then it starts so many short-lived processes a second, which work for about a
// millisecond, and reaps each. It says "ready" once all sleep, and runs until it is killed.
#include "../../Tests/Programs/program.h"

#include <sys/mman.h>
#include <sys/wait.h>

static void sleep_for_good(pid_t parent, long index, size_t bytes, int asleep) {
    die_with(parent);
    char name[16];
    snprintf(name, sizeof name, "idle-%ld", index % 20);
    prctl(PR_SET_NAME, name);
    char *memory = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (memory == MAP_FAILED) fail("mmap");
    memset(memory, 1, bytes);
    if (write(asleep, "", 1) != 1) fail("write");
    for (;;) pause();
}

static void start_forever(long per_second) {
    struct timespec next;
    clock_gettime(CLOCK_MONOTONIC, &next);
    for (;;) {
        pid_t child = fork();
        if (child == 0) _exit((int)(burn(1, 1000000) & 1));
        if (child == -1 || waitpid(child, NULL, 0) != child) fail("fork");
        next.tv_nsec += 1000000000 / per_second;
        next.tv_sec += next.tv_nsec / 1000000000, next.tv_nsec %= 1000000000;
        clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &next, NULL);
    }
}

int main(int count, char **arguments) {
    die_with_parent();
    long processes = number(count, arguments, 1, 1000);
    size_t bytes = (size_t)number(count, arguments, 2, 1024) << 10;
    long per_second = number(count, arguments, 3, 0);
    pid_t parent = getpid();
    int asleep[2];
    if (pipe(asleep) == -1) fail("pipe");
    for (long index = 0; index < processes; index++) {
        pid_t child = fork();
        if (child == -1) fail("fork");
        if (child == 0) sleep_for_good(parent, index, bytes, asleep[1]);
    }
    char byte;
    for (long index = 0; index < processes; index++) {
        if (read(asleep[0], &byte, 1) != 1) fail("read");
    }
    say_ready();
    if (per_second > 0) start_forever(per_second);
    for (;;) pause();
}
