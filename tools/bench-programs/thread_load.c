// thread_load PORT CONNECTIONS OUTSTANDING: load for thread_server. It opens so many connections and keeps so many
// requests on the way, each on the connection that has waited longest, so that all threads of the server run in turn,
// and few at a time. Each SIGUSR1 prints "REQUESTS MEDIAN P99 LONGEST" of those answered since the last: their number,
// and nanoseconds until the answer.
#include "../../Tests/Programs/program.h"
#include "clock.h"
#include "loopback.h"

#include <sys/epoll.h>
#include <sys/signalfd.h>

enum { most = 4096, capacity = 1 << 22, batch = 64 };

static int connections[most];
static uint64_t sent_at[most];
// Those without a request on the way, in the order of their last answers.
static int idle[most];
static size_t idle_first, idle_count;
static uint32_t latencies[capacity];
static size_t answered;

static void send_next(void) {
    static uint64_t requests;
    int index = idle[idle_first];
    idle_first = (idle_first + 1) % most;
    idle_count--;
    struct message message = {.number = requests++};
    sent_at[index] = monotonic_nanoseconds();
    if (send(connections[index], &message, sizeof message, MSG_NOSIGNAL) != sizeof message) fail("send");
}

static void add_idle(int index) { idle[(idle_first + idle_count++) % most] = index; }

static void take_answer(int index) {
    struct message message;
    if (!receive(connections[index], &message)) fail("recv");
    uint64_t latency = monotonic_nanoseconds() - sent_at[index];
    if (answered < capacity) latencies[answered++] = latency > UINT32_MAX ? UINT32_MAX : (uint32_t)latency;
    add_idle(index);
    send_next();
}

static int compare(const void *left, const void *right) {
    uint32_t a = *(const uint32_t *)left, b = *(const uint32_t *)right;
    return (a > b) - (a < b);
}

static void report(int signals) {
    struct signalfd_siginfo information;
    if (read(signals, &information, sizeof information) != sizeof information) fail("signalfd");
    qsort(latencies, answered, sizeof *latencies, compare);
    if (answered == 0) {
        puts("0 0 0 0");
    } else {
        printf("%zu %u %u %u\n", answered, latencies[answered / 2], latencies[answered * 99 / 100],
               latencies[answered - 1]);
    }
    fflush(stdout);
    answered = 0;
}

static void connect_all(int set, long port, long wanted) {
    struct sockaddr_in address = loopback(port);
    for (int index = 0; index < wanted; index++) {
        int connection = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
        if (connect(connection, (struct sockaddr *)&address, sizeof address)) fail("connect");
        send_at_once(connection);
        struct epoll_event event = {.events = EPOLLIN, .data.fd = index};
        if (epoll_ctl(set, EPOLL_CTL_ADD, connection, &event)) fail("epoll_ctl");
        connections[index] = connection;
        add_idle(index);
    }
}

int main(int count, char **arguments) {
    die_with_parent();
    long wanted = number(count, arguments, 2, 300), outstanding = number(count, arguments, 3, 4);
    if (wanted < 1 || wanted > most || outstanding < 1 || outstanding > wanted) return 64;
    sigset_t request;
    sigemptyset(&request);
    sigaddset(&request, SIGUSR1);
    sigprocmask(SIG_BLOCK, &request, NULL);
    int set = epoll_create1(EPOLL_CLOEXEC), signals = signalfd(-1, &request, SFD_CLOEXEC);
    struct epoll_event event = {.events = EPOLLIN, .data.fd = -1};
    if (epoll_ctl(set, EPOLL_CTL_ADD, signals, &event)) fail("epoll_ctl");
    connect_all(set, number(count, arguments, 1, 0), wanted);
    say_ready();
    for (long index = 0; index < outstanding; index++) send_next();
    for (;;) {
        struct epoll_event events[batch];
        int found = epoll_wait(set, events, batch, -1);
        for (int index = 0; index < found; index++) {
            if (events[index].data.fd == -1) {
                report(signals);
            } else {
                take_answer(events[index].data.fd);
            }
        }
    }
}
