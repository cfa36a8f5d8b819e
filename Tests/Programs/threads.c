// threads [TOTAL = 64] [SPINNING = 2]: so many threads (the main one included), of which some spin in spin() and the
// rest sleep, in turn in nanosleep, epoll_wait, futex and read. Says ready when every sleeper is asleep.
#include "program.h"

#include <linux/futex.h>
#include <pthread.h>
#include <stdatomic.h>
#include <sys/epoll.h>
#include <sys/syscall.h>

enum { maximum = 4096 };

static volatile uint64_t result;
static atomic_int started;
static pid_t sleepers[maximum];

OWN_FRAME void spin(void) {
    for (;;) result = burn(result, 100000);
}

OWN_FRAME void sleep_in_nanosleep(void) {
    struct timespec day = {.tv_sec = 86400};
    for (;;) nanosleep(&day, NULL);
}

OWN_FRAME void sleep_in_epoll_wait(void) {
    int set = epoll_create1(EPOLL_CLOEXEC);
    struct epoll_event event;
    for (;;) epoll_wait(set, &event, 1, -1);
}

OWN_FRAME void sleep_in_futex(void) {
    uint32_t word = 0;
    for (;;) syscall(SYS_futex, &word, FUTEX_WAIT_PRIVATE, 0, NULL, NULL, 0);
}

OWN_FRAME void sleep_in_read(void) {
    int ends[2];
    if (pipe(ends) == -1) fail("pipe");
    char byte;
    for (;;) {
        if (read(ends[0], &byte, 1) < 0) NOT_A_TAIL_CALL;
    }
}

static const struct {
    const char *name;
    void (*run)(void);
} sleeps[] = {
    {"nanosleep", sleep_in_nanosleep},
    {"epoll_wait", sleep_in_epoll_wait},
    {"futex", sleep_in_futex},
    {"read", sleep_in_read},
};

static void *spinner(void *argument) {
    char name[16];
    snprintf(name, sizeof name, "spin-%d", (int)(intptr_t)argument);
    prctl(PR_SET_NAME, name);
    atomic_fetch_add(&started, 1);
    spin();
    return NULL;
}

static void *sleeper(void *argument) {
    int index = (int)(intptr_t)argument;
    char name[16];
    snprintf(name, sizeof name, "%s-%d", sleeps[index % 4].name, index);
    prctl(PR_SET_NAME, name);
    sleepers[index] = (pid_t)syscall(SYS_gettid);
    atomic_fetch_add(&started, 1);
    sleeps[index % 4].run();
    return NULL;
}

static char state_of(pid_t thread) {
    char path[64], line[512] = "";
    snprintf(path, sizeof path, "/proc/self/task/%d/stat", thread);
    FILE *file = fopen(path, "r");
    if (!file) fail(path);
    if (!fgets(line, sizeof line, file)) fail(path);
    fclose(file);
    const char *end = strrchr(line, ')');
    return end ? end[2] : '?';
}

int main(int count, char **arguments) {
    die_with_parent();
    long total = number(count, arguments, 1, 64), spinning = number(count, arguments, 2, 2);
    if (total < 1 || total > maximum || spinning < 0 || spinning >= total) return 64;
    int asleep = (int)(total - spinning - 1);
    pthread_attr_t attributes;
    pthread_attr_init(&attributes);
    pthread_attr_setstacksize(&attributes, 64 * 1024);
    for (int index = 0; index < spinning + asleep; index++) {
        pthread_t thread;
        int sleeps_now = index >= spinning;
        void *argument = (void *)(intptr_t)(sleeps_now ? index - spinning : index);
        if (pthread_create(&thread, &attributes, sleeps_now ? sleeper : spinner, argument)) fail("pthread_create");
    }
    while (atomic_load(&started) < spinning + asleep) sched_yield();
    for (int index = 0; index < asleep; index++) {
        while (state_of(sleepers[index]) != 'S') sched_yield();
    }
    say_ready();
    for (;;) pause();
}
