// Calls that wait with a timeout: epoll_wait, sigtimedwait, semop (semtimedop) and recv, which give EINTR to the
// application when a debugger interrupts them, and poll and nanosleep, which don't. Nothing that they wait for comes.
#pragma once

#include "program.h"

#include <errno.h>
#include <poll.h>
#include <sys/epoll.h>
#include <sys/ipc.h>
#include <sys/sem.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/time.h>

static long timeout;
static struct timespec timeout_time;
static int epoll_set, semaphores, sockets[2];

static long wait_in_epoll_wait(void) {
    struct epoll_event event;
    return epoll_wait(epoll_set, &event, 1, (int)timeout);
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
    // The C library's function keeps a register on the stack that others don't.
    return syscall(SYS_recvfrom, sockets[0], &byte, 1, 0, NULL, NULL);
}

static long wait_in_poll(void) {
    struct pollfd set = {.fd = sockets[0], .events = POLLIN};
    return poll(&set, 1, (int)timeout);
}

static long wait_in_nanosleep(void) { return nanosleep(&timeout_time, NULL); }

static const struct {
    const char *name;
    long (*wait)(void);
} waiting_calls[] = {
    {"epoll_wait", wait_in_epoll_wait}, {"sigtimedwait", wait_in_sigtimedwait}, {"semop", wait_in_semop},
    {"recv", wait_in_recv},             {"poll", wait_in_poll},                 {"nanosleep", wait_in_nanosleep},
};

enum { waiting_call_count = sizeof waiting_calls / sizeof *waiting_calls };

// Has to be called before other threads start: they inherit the blocked SIGUSR1 and SIGUSR2. A negative timeout waits
// for ever (not for nanosleep).
static inline void prepare_to_wait(long milliseconds) {
    timeout = milliseconds;
    timeout_time = (struct timespec){.tv_sec = timeout / 1000, .tv_nsec = timeout % 1000 * 1000000};
    sigset_t blocked;
    sigemptyset(&blocked);
    sigaddset(&blocked, SIGUSR1);
    sigaddset(&blocked, SIGUSR2);
    pthread_sigmask(SIG_BLOCK, &blocked, NULL);
    epoll_set = epoll_create1(EPOLL_CLOEXEC);
    if (epoll_set == -1) fail("epoll_create1");
    if (socketpair(AF_UNIX, SOCK_STREAM, 0, sockets)) fail("socketpair");
    struct timeval receive = {.tv_sec = timeout / 1000, .tv_usec = timeout % 1000 * 1000};
    if (timeout > 0) setsockopt(sockets[0], SOL_SOCKET, SO_RCVTIMEO, &receive, sizeof receive);
    // One well-known set, never changed: a private one would stay behind whenever the program is killed.
    semaphores = semget(0x736f6e64, 1, IPC_CREAT | 0666);
    if (semaphores == -1) fail("semget");
}

// Waits for a SIGUSR1, by which the calls above are not touched.
static inline void wait_for_request(void) {
    sigset_t wanted;
    sigemptyset(&wanted);
    sigaddset(&wanted, SIGUSR1);
    int signal;
    while (sigwait(&wanted, &signal) != 0) {}
}
