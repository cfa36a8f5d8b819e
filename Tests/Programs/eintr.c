// eintr CALL [TIMEOUT_MILLISECONDS = 500 [DEPTH = 0]]: a thread "waiter" loops in one of the calls of waiting_calls.h.
// A negative timeout waits for ever (not for nanosleep). Each SIGUSR1 prints "eintr N returns M": how many of the M
// returns so far were EINTR. SIGUSR1 itself goes to the main thread and is not counted. Each call is made below DEPTH
// frames, each of another size at each turn: two and more can't be told from each other without all registers.
#include "waiting_calls.h"

#include <alloca.h>
#include <pthread.h>
#include <stdatomic.h>

static atomic_long interrupted, returned;
static atomic_int waiter;

static long dynamic(long (*wait)(void), long depth, size_t size);
static long (*volatile next)(long (*wait)(void), long depth, size_t size) = dynamic;
static long depth;

OWN_FRAME long dynamic(long (*wait)(void), long depth, size_t size) {
    char *memory = alloca(size);
    memset(memory, (int)depth, size);
    long result = depth == 1 ? wait() : next(wait, depth - 1, size + 64);
    __asm__ volatile("" : : "r"(memory) : "memory");
    return result;
}

static void *run(void *argument) {
    long (*wait)(void) = *(long (*const *)(void))argument;
    prctl(PR_SET_NAME, "waiter");
    atomic_store(&waiter, (int)syscall(SYS_gettid));
    for (size_t turn = 0;; turn++) {
        long result = depth == 0 ? wait() : next(wait, depth, 64 + turn % 32 * 16);
        int is_interrupted = result == -1 && errno == EINTR;
        atomic_fetch_add(&returned, 1);
        if (is_interrupted) atomic_fetch_add(&interrupted, 1);
    }
    return NULL;
}

int main(int count, char **arguments) {
    die_with_parent();
    prepare_to_wait(number(count, arguments, 2, 500));
    depth = number(count, arguments, 3, 0);
    for (size_t index = 0; index < waiting_call_count; index++) {
        if (count < 2 || strcmp(arguments[1], waiting_calls[index].name) != 0) continue;
        pthread_t thread;
        if (pthread_create(&thread, NULL, run, (void *)(uintptr_t)&waiting_calls[index].wait)) fail("pthread_create");
        while (!atomic_load(&waiter)) sched_yield();
        say_ready();
        for (;;) {
            wait_for_request();
            printf("eintr %ld returns %ld\n", atomic_load(&interrupted), atomic_load(&returned));
            fflush(stdout);
        }
    }
    fputs("usage: eintr epoll_wait|sigtimedwait|semop|recv|poll|nanosleep [TIMEOUT_MILLISECONDS [DEPTH]]\n", stderr);
    return 64;
}
