// ping_pong [STEPS = 10000]: the threads "ping" and "pong" pass a byte to and fro between two pipes, which switches them
// tens of thousands of times a second, and wait for it in wait_for_byte(). Each works for so many steps (a million are
// about a millisecond) before it passes the byte on. The main thread sleeps.
#include "program.h"

#include <pthread.h>

static int pipes[2][2];
static long steps;
static volatile uint64_t result;

OWN_FRAME void wait_for_byte(int side) {
    char byte;
    if (read(pipes[side][0], &byte, 1) != 1) fail("read");
}

static void *run(void *argument) {
    int side = (int)(intptr_t)argument;
    prctl(PR_SET_NAME, side ? "pong" : "ping");
    for (;;) {
        wait_for_byte(side);
        result = burn(result, steps);
        if (write(pipes[1 - side][1], "x", 1) != 1) fail("write");
    }
    return NULL;
}

int main(int count, char **arguments) {
    die_with_parent();
    steps = number(count, arguments, 1, 10000);
    if (pipe(pipes[0]) || pipe(pipes[1])) fail("pipe");
    for (int side = 0; side < 2; side++) {
        pthread_t thread;
        if (pthread_create(&thread, NULL, run, (void *)(intptr_t)side)) fail("pthread_create");
    }
    if (write(pipes[0][1], "x", 1) != 1) fail("write");
    say_ready();
    for (;;) pause();
}
