// headless: a process whose first thread has ended, while one spins in spin_without_leader() and one sleeps in
// sleep_without_leader(). The kernel shows it as a zombie with an empty address space.
#include "program.h"

#include <pthread.h>

static pthread_t first;
static volatile uint64_t result;

OWN_FRAME void spin_without_leader(void) {
    for (;;) result = burn(result, 100000);
}

OWN_FRAME void sleep_without_leader(void) {
    for (;;) pause();
}

static void *spinner(void *argument) {
    pthread_join(first, NULL);
    say_ready();
    spin_without_leader();
    return argument;
}

static void *sleeper(void *argument) {
    sleep_without_leader();
    return argument;
}

int main(void) {
    die_with_parent();
    pthread_t thread;
    first = pthread_self();
    if (pthread_create(&thread, NULL, spinner, NULL)) fail("pthread_create");
    if (pthread_create(&thread, NULL, sleeper, NULL)) fail("pthread_create");
    pthread_exit(NULL);
}
