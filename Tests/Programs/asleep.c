// Eight threads, each asleep in its own kind of system call below up to twelve frames of varied forms: registers held
// across calls, arguments on the stack, calls through pointers, large frames, jump tables. With the argument "realigned"
// also frames whose stack pointer is rounded down, with "dynamic" also frames of a size known only at run time. Each
// sleep takes 20 ms, then the thread goes back to its start and down another path. Built several times: see the Makefile.
#include "program.h"

#include <alloca.h>
#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <semaphore.h>
#include <sys/epoll.h>
#include <sys/select.h>
#include <sys/socket.h>
#include <sys/timerfd.h>

enum { PAUSE_MS = 20, DEEPEST = 12, WAYS = 8 };

struct sleeper {
    int way;
    int descriptor;
    uint64_t seed;
    pthread_mutex_t mutex;
    pthread_cond_t condition;
    sem_t semaphore;
};

static uint64_t kinds;

static struct timespec soon(void) {
    struct timespec time;
    clock_gettime(CLOCK_REALTIME, &time);
    time.tv_nsec += PAUSE_MS * 1000000L;
    if (time.tv_nsec >= 1000000000L) time.tv_nsec -= 1000000000L, time.tv_sec++;
    return time;
}

OWN_FRAME void rest_in_futex(struct sleeper *self) {
    struct timespec end = soon();
    pthread_mutex_lock(&self->mutex);
    while (pthread_cond_timedwait(&self->condition, &self->mutex, &end) == 0) continue;
    pthread_mutex_unlock(&self->mutex);
}

OWN_FRAME void rest_in_epoll(struct sleeper *self) {
    struct epoll_event events[4];
    epoll_wait(self->descriptor, events, 4, PAUSE_MS);
    NOT_A_TAIL_CALL;
}

OWN_FRAME void rest_in_select(struct sleeper *self) {
    struct timeval time = {.tv_usec = PAUSE_MS * 1000};
    fd_set set;
    FD_ZERO(&set);
    FD_SET(self->descriptor, &set);
    select(self->descriptor + 1, &set, NULL, NULL, &time);
    NOT_A_TAIL_CALL;
}

OWN_FRAME void rest_in_read(struct sleeper *self) {
    struct itimerspec timer = {.it_value = {.tv_nsec = PAUSE_MS * 1000000L}};
    uint64_t count = 0;
    timerfd_settime(self->descriptor, 0, &timer, NULL);
    if (read(self->descriptor, &count, sizeof count) < 0) self->seed++;
}

OWN_FRAME uint64_t rest(struct sleeper *self) {
    switch (self->way) {
    case 0: sleep_milliseconds(PAUSE_MS); break;
    case 1: rest_in_futex(self); break;
    case 2: rest_in_epoll(self); break;
    case 3: rest_in_select(self); break;
    case 4: rest_in_read(self); break;
    case 5: poll(NULL, 0, PAUSE_MS); break;
    case 6: {
        struct timespec end = soon();
        while (sem_timedwait(&self->semaphore, &end) != 0 && errno == EINTR) continue;
        break;
    }
    default: {
        char byte;
        if (recv(self->descriptor, &byte, 1, 0) < 0) self->seed++;
    }
    }
    return self->seed;
}

static uint64_t descend(struct sleeper *self, int depth, uint64_t path);

OWN_FRAME uint64_t plain(struct sleeper *self, int depth, uint64_t path) {
    return descend(self, depth, path) + 1;
}

OWN_FRAME uint64_t holding(struct sleeper *self, int depth, uint64_t path) {
    uint64_t a = path * 3, b = path * 5, c = path ^ 7, d = path + 11, e = a ^ b;
    __asm__ volatile("" : "+r"(a), "+r"(b), "+r"(c), "+r"(d), "+r"(e));
    uint64_t found = descend(self, depth, path);
    return found + a + b * c + d * e;
}

OWN_FRAME uint64_t many(struct sleeper *self, int depth, uint64_t path, uint64_t a, uint64_t b, uint64_t c, uint64_t d,
                        uint64_t e, uint64_t f) {
    return descend(self, depth, path) + a * b + c * d + e * f;
}

OWN_FRAME uint64_t arguments_on_stack(struct sleeper *self, int depth, uint64_t path) {
    return many(self, depth, path, path + 1, path + 2, path + 3, path + 4, path + 5, path + 6) ^ path;
}

static uint64_t (*volatile pointers[2])(struct sleeper *, int, uint64_t) = {plain, holding};

OWN_FRAME uint64_t through_pointer(struct sleeper *self, int depth, uint64_t path) {
    return pointers[path % 2](self, depth, path) * 3;
}

OWN_FRAME uint64_t large(struct sleeper *self, int depth, uint64_t path) {
    volatile uint64_t memory[3000];
    memory[path % 3000] = path;
    uint64_t found = descend(self, depth, path);
    return found + memory[path % 3000];
}

OWN_FRAME uint64_t early_exit(struct sleeper *self, int depth, uint64_t path) {
    if (path == 1) return (uint64_t)depth;
    if (path % 3 == 0) {
        char text[64];
        snprintf(text, sizeof text, "%d", depth);
        return descend(self, depth, path) + (uint64_t)text[0];
    }
    uint64_t found = 0;
    for (int turn = 0; turn < 1 + (path % 3 == 7); turn++) found += descend(self, depth, path + (uint64_t)turn);
    return found;
}

OWN_FRAME uint64_t realigned(struct sleeper *self, int depth, uint64_t path) {
    volatile uint64_t memory[8] __attribute__((aligned(64)));
    memory[path % 8] = path;
    uint64_t found = descend(self, depth, path);
    return found + memory[path % 8];
}

OWN_FRAME uint64_t realigned_slightly(struct sleeper *self, int depth, uint64_t path) {
    volatile uint64_t memory[4] __attribute__((aligned(32)));
    uint64_t a = path * 3, b = path * 5, c = path ^ 7, d = path + 11, e = a ^ b;
    __asm__ volatile("" : "+r"(a), "+r"(b), "+r"(c), "+r"(d), "+r"(e));
    memory[path % 4] = path;
    uint64_t found = descend(self, depth, path);
    return found + memory[path % 4] + a * b + c * d * e;
}

OWN_FRAME uint64_t dynamic(struct sleeper *self, int depth, uint64_t path) {
    char *memory = alloca(path % 5000 + 1);
    memory[0] = 1;
    __asm__ volatile("" : : "r"(memory) : "memory");
    uint64_t found = descend(self, depth, path);
    return found + (uint64_t)memory[0];
}

OWN_FRAME uint64_t dynamic_sometimes(struct sleeper *self, int depth, uint64_t path) {
    char *memory = NULL;
    if (path % 2 == 0) memory = alloca(path % 500 + 1);
    __asm__ volatile("" : "+r"(memory) : : "memory");
    uint64_t found = descend(self, depth, path);
    return found + (memory != NULL);
}

OWN_FRAME uint64_t dynamic_and_realigned(struct sleeper *self, int depth, uint64_t path) {
    volatile uint64_t fixed[4] __attribute__((aligned(64)));
    char memory[path % 3000 + 1];
    fixed[path % 4] = path;
    __asm__ volatile("" : : "r"(memory) : "memory");
    uint64_t found = descend(self, depth, path);
    return found + fixed[path % 4];
}

// A path uses each form of dynamic frame at most once: of a recursion, only the code can't tell which frame is which.
static OWN_FRAME uint64_t descend(struct sleeper *self, int depth, uint64_t path) {
    if (depth == 0) return rest(self);
    uint64_t next = path * 6364136223846793005u + 1442695040888963407u;
    int extra = depth == 7 ? (int)(next >> 40) % 3 : -1;
    if (extra == 0 && kinds > 1) return dynamic(self, depth - 1, next) + 1;
    if (extra == 1 && kinds > 1) return dynamic_sometimes(self, depth - 1, next) + 1;
    if (extra == 2 && kinds > 1) return dynamic_and_realigned(self, depth - 1, next) + 1;
    switch ((next >> 33) % (kinds > 0 ? 9 : 7)) {
    case 0: return plain(self, depth - 1, next) + 1;
    case 1: return holding(self, depth - 1, next) * 2;
    case 2: return arguments_on_stack(self, depth - 1, next) + 3;
    case 3: return through_pointer(self, depth - 1, next) * 4;
    case 4: return large(self, depth - 1, next) + 5;
    case 5: return early_exit(self, depth - 1, next | 2) * 6;
    case 6: return plain(self, depth - 1, next ^ 1) ^ 7;
    case 7: return realigned(self, depth - 1, next) + 8;
    default: return realigned_slightly(self, depth - 1, next) + 9;
    }
}

static int open_descriptor(int way) {
    if (way == 2) return epoll_create1(0);
    if (way == 4) return timerfd_create(CLOCK_MONOTONIC, 0);
    int ends[2];
    struct timeval limit = {.tv_usec = PAUSE_MS * 1000};
    if (socketpair(AF_UNIX, SOCK_STREAM, 0, ends) != 0) fail("socketpair");
    if (setsockopt(ends[0], SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit) != 0) fail("setsockopt");
    return ends[0];
}

static void *sleeper_main(void *argument) {
    struct sleeper self = {.way = (int)(intptr_t)argument, .mutex = PTHREAD_MUTEX_INITIALIZER};
    self.seed = (uint64_t)self.way + 1;
    self.descriptor = open_descriptor(self.way);
    pthread_cond_init(&self.condition, NULL);
    sem_init(&self.semaphore, 0, 0);
    for (uint64_t turn = 1;; turn++) {
        uint64_t path = burn(self.seed * 977 + turn, 3);
        self.seed += descend(&self, (int)(path >> 60) % (DEEPEST + 1), path) | 1;
    }
    return NULL;
}

int main(int count, char **arguments) {
    die_with_parent();
    const char *form = count > 1 ? arguments[1] : "plain";
    kinds = strcmp(form, "dynamic") == 0 ? 2 : strcmp(form, "realigned") == 0 ? 1 : 0;
    for (intptr_t way = 1; way < WAYS; way++) {
        pthread_t thread;
        if (pthread_create(&thread, NULL, sleeper_main, (void *)way) != 0) fail("pthread_create");
    }
    say_ready();
    sleeper_main(NULL);
}
