// answers [WORKERS = 2]: works in rounds for ever and prints "round K CHECKSUM" for each, about fifty a second. Every
// worker has a share in each round and waits between rounds on a condition, a pipe or an epoll set, so a line proves
// that all of them run and that their calls gave the right answers. The checksum depends on K and WORKERS alone:
// compare with a second, undisturbed run. It exits with status 3 if a system call gives an answer it must not.
#include "program.h"

#include <errno.h>
#include <pthread.h>
#include <sys/epoll.h>

enum { maximum = 64 };

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t changed = PTHREAD_COND_INITIALIZER;
static uint64_t total;
static long round_number, unfinished;
static int tokens[maximum][2];

OWN_FRAME uint64_t compute_share(uint64_t seed) { return burn(seed, 5000000); }

// The worker's token goes through a pipe and an epoll set on its way.
OWN_FRAME void pass_token(int worker, int set) {
    struct epoll_event event;
    char byte = (char)worker;
    if (write(tokens[worker][1], &byte, 1) != 1) exit(3);
    if (epoll_wait(set, &event, 1, 10000) != 1) exit(3);
    if (read(tokens[worker][0], &byte, 1) != 1 || byte != (char)worker) exit(3);
}

static void *work(void *argument) {
    int worker = (int)(intptr_t)argument, set = epoll_create1(EPOLL_CLOEXEC);
    struct epoll_event event = {.events = EPOLLIN};
    if (pipe(tokens[worker]) || epoll_ctl(set, EPOLL_CTL_ADD, tokens[worker][0], &event)) exit(3);
    for (long round = 1;; round++) {
        pthread_mutex_lock(&lock);
        while (round_number < round) pthread_cond_wait(&changed, &lock);
        pthread_mutex_unlock(&lock);
        uint64_t share = compute_share((uint64_t)round * 1000003u + (uint64_t)worker);
        pass_token(worker, set);
        pthread_mutex_lock(&lock);
        total += share;
        unfinished--;
        pthread_cond_broadcast(&changed);
        pthread_mutex_unlock(&lock);
    }
    return NULL;
}

int main(int count, char **arguments) {
    die_with_parent();
    long workers = number(count, arguments, 1, 2);
    if (workers < 1 || workers > maximum) return 64;
    for (long worker = 0; worker < workers; worker++) {
        pthread_t thread;
        if (pthread_create(&thread, NULL, work, (void *)(intptr_t)worker)) fail("pthread_create");
    }
    say_ready();
    for (long round = 1;; round++) {
        pthread_mutex_lock(&lock);
        unfinished = workers, round_number = round;
        pthread_cond_broadcast(&changed);
        while (unfinished > 0) pthread_cond_wait(&changed, &lock);
        uint64_t answer = total;
        pthread_mutex_unlock(&lock);
        printf("round %ld %016llx\n", round, (unsigned long long)answer);
        fflush(stdout);
        sleep_milliseconds(10);
    }
}
