// thread_churn [PER_SECOND = 1000]: so many threads are born each second, work for about 200 µs in short_life() and end.
#include "program.h"

#include <pthread.h>

static volatile uint64_t result;

OWN_FRAME void short_life(void) { result = burn(result, 200000); }

static void *run(void *argument) {
    short_life();
    return argument;
}

int main(int count, char **arguments) {
    die_with_parent();
    long per_second = number(count, arguments, 1, 1000);
    if (per_second < 1) return 64;
    pthread_attr_t attributes;
    pthread_attr_init(&attributes);
    pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
    pthread_attr_setstacksize(&attributes, 64 * 1024);
    struct timespec next;
    clock_gettime(CLOCK_MONOTONIC, &next);
    say_ready();
    for (;;) {
        pthread_t thread;
        pthread_create(&thread, &attributes, run, NULL);
        next.tv_nsec += 1000000000 / per_second;
        next.tv_sec += next.tv_nsec / 1000000000, next.tv_nsec %= 1000000000;
        struct timespec now;
        clock_gettime(CLOCK_MONOTONIC, &now);
        // Births that were missed are not made up for.
        if (now.tv_sec > next.tv_sec || (now.tv_sec == next.tv_sec && now.tv_nsec > next.tv_nsec)) next = now;
        clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &next, NULL);
    }
}
