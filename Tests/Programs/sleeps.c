// sleeps: threads that are hardly ever on a CPU, each in waits of known lengths.
// "in-turn" sleeps 10 ms in sleep_shortly() and 30 ms in sleep_long(), in turn; "futex" waits 20 ms each time in
// wait_in_futex(); "reader" waits in read_from_pipe() for what "writer" writes every 25 ms; "idle" has slept in
// sleep_for_ever() since before the program said that it is ready.
#include "program.h"

#include <linux/futex.h>
#include <pthread.h>
#include <stdatomic.h>
#include <sys/syscall.h>

static int ends[2];
static atomic_int started;

OWN_FRAME void sleep_shortly(void) { sleep_milliseconds(10); }

OWN_FRAME void sleep_long(void) { sleep_milliseconds(30); }

OWN_FRAME void wait_in_futex(void) {
    uint32_t word = 0;
    struct timespec time = {.tv_nsec = 20000000};
    syscall(SYS_futex, &word, FUTEX_WAIT_PRIVATE, 0, &time, NULL, 0);
}

OWN_FRAME void read_from_pipe(void) {
    char byte;
    if (read(ends[0], &byte, 1) != 1) fail("read");
}

OWN_FRAME void sleep_for_ever(void) {
    for (;;) pause();
}

static void sleep_in_turn(void) {
    sleep_shortly();
    sleep_long();
}

static void write_to_pipe(void) {
    sleep_milliseconds(25);
    if (write(ends[1], "x", 1) != 1) fail("write");
}

static const struct {
    const char *name;
    void (*wait)(void);
} threads[] = {
    {"in-turn", sleep_in_turn}, {"futex", wait_in_futex}, {"reader", read_from_pipe},
    {"writer", write_to_pipe},  {"idle", sleep_for_ever},
};

enum { count = sizeof threads / sizeof *threads };

static void *run(void *argument) {
    int index = (int)(intptr_t)argument;
    prctl(PR_SET_NAME, threads[index].name);
    atomic_fetch_add(&started, 1);
    for (;;) threads[index].wait();
    return NULL;
}

int main(void) {
    die_with_parent();
    if (pipe(ends)) fail("pipe");
    for (int index = 0; index < count; index++) {
        pthread_t thread;
        if (pthread_create(&thread, NULL, run, (void *)(intptr_t)index)) fail("pthread_create");
    }
    while (atomic_load(&started) < count) sched_yield();
    // Long enough for all of them to be asleep for the first time.
    sleep_milliseconds(50);
    say_ready();
    sleep_for_ever();
}
