// waits [TIMEOUT_MILLISECONDS = 500]: a thread in each of the calls of waiting_calls.h, each a timer loop: it waits
// until the timeout, and begins again. As a library it does the same in the threads of waits.py. One more thread
// computes for a twentieth of its time, so that those who sample running threads find one.
//
// Each SIGUSR1 prints one line, with NAME:N:PERIOD,PERIOD,… for each call: how often it returned EINTR since the last
// line, and the nanoseconds from each timeout that fired to the next.
#include "../../Tests/Programs/waiting_calls.h"
#include "clock.h"

#include <pthread.h>
#include <stdatomic.h>

enum { capacity = 1 << 16 };

static struct waiter {
    atomic_long interrupted;
    atomic_size_t fired;
    uint64_t periods[capacity];
} waiters[waiting_call_count];

static atomic_int started;

void prepare(long milliseconds) { prepare_to_wait(milliseconds); }

void wait_in(int call) {
    struct waiter *waiter = &waiters[call];
    atomic_fetch_add(&started, 1);
    uint64_t last = monotonic_nanoseconds();
    for (;;) {
        if (waiting_calls[call].wait() == -1 && errno == EINTR) {
            atomic_fetch_add(&waiter->interrupted, 1);
            continue;
        }
        uint64_t now = monotonic_nanoseconds();
        size_t fired = atomic_load(&waiter->fired);
        if (fired < capacity) {
            waiter->periods[fired] = now - last;
            atomic_store(&waiter->fired, fired + 1);
        }
        last = now;
    }
}

OWN_FRAME void compute_at_times(void) {
    for (uint64_t seed = 1;;) {
        seed = burn(seed, 500000);
        sleep_milliseconds(10);
    }
}

void report_on_request(void) {
    while (atomic_load(&started) < waiting_call_count) sched_yield();
    say_ready();
    size_t reported[waiting_call_count] = {0};
    for (;;) {
        wait_for_request();
        for (int call = 0; call < waiting_call_count; call++) {
            printf("%s:%ld:", waiting_calls[call].name, atomic_exchange(&waiters[call].interrupted, 0));
            size_t fired = atomic_load(&waiters[call].fired), *index = &reported[call];
            for (; *index < fired; ++*index)
                printf("%llu%s", (unsigned long long)waiters[call].periods[*index], *index + 1 < fired ? "," : "");
            putchar(call + 1 < waiting_call_count ? ' ' : '\n');
        }
        fflush(stdout);
    }
}

static void *run(void *call) {
    if ((intptr_t)call < waiting_call_count) wait_in((int)(intptr_t)call);
    compute_at_times();
    return NULL;
}

int main(int count, char **arguments) {
    die_with_parent();
    prepare(number(count, arguments, 1, 500));
    for (intptr_t call = 0; call <= waiting_call_count; call++) {
        pthread_t thread;
        if (pthread_create(&thread, NULL, run, (void *)call)) fail("pthread_create");
    }
    report_on_request();
}
