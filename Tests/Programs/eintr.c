// eintr CALL [TIMEOUT_MILLISECONDS = 500]: a thread "waiter" loops in epoll_wait, sigtimedwait, semop (semtimedop) or recv,
// calls that give EINTR to the application when a debugger interrupts them, or in poll or nanosleep, which don't.
// A negative timeout waits for ever (not for nanosleep). Each SIGUSR1 prints "eintr N returns M": how many of the M
// returns so far were EINTR. SIGUSR1 itself goes to the main thread and is not counted.
#include "program.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <sys/epoll.h>
#include <sys/ipc.h>
#include <sys/sem.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/time.h>

static atomic_long interrupted, returned;
static atomic_int waiter;
static long timeout;
static struct timespec timeout_time;
static int semaphores = -1, sockets[2];

static long wait_in_epoll_wait(void) {
    static int set = -1;
    if (set == -1) set = epoll_create1(EPOLL_CLOEXEC);
    struct epoll_event event;
    return epoll_wait(set, &event, 1, (int)timeout);
}

static long wait_in_sigtimedwait(void) {
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGUSR2);
    return syscall(SYS_rt_sigtimedwait, &set, NULL, timeout < 0 ? NULL : &timeout_time, 8);
}

static long wait_in_semop(void) {
    struct sembuf take = {.sem_num = 0, .sem_op = -1};
    return semtimedop(semaphores, &take, 1, timeout < 0 ? NULL : &timeout_time);
}

static long wait_in_recv(void) {
    char byte;
    return recv(sockets[0], &byte, 1, 0);
}

static long wait_in_poll(void) {
    struct pollfd set = {.fd = sockets[0], .events = POLLIN};
    return poll(&set, 1, (int)timeout);
}

static long wait_in_nanosleep(void) { return nanosleep(&timeout_time, NULL); }

static const struct {
    const char *name;
    long (*wait)(void);
} calls[] = {
    {"epoll_wait", wait_in_epoll_wait}, {"sigtimedwait", wait_in_sigtimedwait}, {"semop", wait_in_semop},
    {"recv", wait_in_recv},             {"poll", wait_in_poll},                 {"nanosleep", wait_in_nanosleep},
};

static void *run(void *argument) {
    long (*wait)(void) = *(long (*const *)(void))argument;
    prctl(PR_SET_NAME, "waiter");
    atomic_store(&waiter, (int)syscall(SYS_gettid));
    for (;;) {
        int is_interrupted = wait() == -1 && errno == EINTR;
        atomic_fetch_add(&returned, 1);
        if (is_interrupted) atomic_fetch_add(&interrupted, 1);
    }
    return NULL;
}

int main(int count, char **arguments) {
    die_with_parent();
    timeout = number(count, arguments, 2, 500);
    timeout_time = (struct timespec){.tv_sec = timeout / 1000, .tv_nsec = timeout % 1000 * 1000000};
    sigset_t blocked;
    sigemptyset(&blocked);
    sigaddset(&blocked, SIGUSR1);
    sigaddset(&blocked, SIGUSR2);
    pthread_sigmask(SIG_BLOCK, &blocked, NULL);
    if (socketpair(AF_UNIX, SOCK_STREAM, 0, sockets)) fail("socketpair");
    struct timeval receive = {.tv_sec = timeout / 1000, .tv_usec = timeout % 1000 * 1000};
    if (timeout > 0) setsockopt(sockets[0], SOL_SOCKET, SO_RCVTIMEO, &receive, sizeof receive);
    for (size_t index = 0; index < sizeof calls / sizeof *calls; index++) {
        if (count < 2 || strcmp(arguments[1], calls[index].name) != 0) continue;
        if (calls[index].wait == wait_in_semop) {
            // One well-known set, never changed: a private one would stay behind whenever the program is killed.
            semaphores = semget(0x736f6e64, 1, IPC_CREAT | 0666);
            if (semaphores == -1) fail("semget");
        }
        pthread_t thread;
        if (pthread_create(&thread, NULL, run, (void *)(uintptr_t)&calls[index].wait)) fail("pthread_create");
        while (!atomic_load(&waiter)) sched_yield();
        say_ready();
        sigset_t wanted;
        sigemptyset(&wanted);
        sigaddset(&wanted, SIGUSR1);
        for (int signal; sigwait(&wanted, &signal) == 0;) {
            printf("eintr %ld returns %ld\n", atomic_load(&interrupted), atomic_load(&returned));
            fflush(stdout);
        }
        return 1;
    }
    fputs("usage: eintr epoll_wait|sigtimedwait|semop|recv|poll|nanosleep [TIMEOUT_MILLISECONDS]\n", stderr);
    return 64;
}
