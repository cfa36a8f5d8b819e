// thread_server PORT: listens on the loopback address and serves each connection by a thread of its own, which answers
// each request of 64 bytes by as many, after about 20 µs of work at the bottom of a stack of some 20 frames.
#include "../../Tests/Programs/program.h"
#include "loopback.h"

#include <pthread.h>

OWN_FRAME uint64_t work(long frames, uint64_t seed) {
    uint64_t result = frames > 1 ? work(frames - 1, seed) : burn(seed, 20000);
    NOT_A_TAIL_CALL;
    return result;
}

static void *serve(void *argument) {
    int connection = (int)(intptr_t)argument;
    struct message message;
    while (receive(connection, &message)) {
        message.number = work(14, message.number);
        if (send(connection, &message, sizeof message, MSG_NOSIGNAL) != sizeof message) break;
    }
    close(connection);
    return NULL;
}

int main(int count, char **arguments) {
    die_with_parent();
    int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), yes = 1;
    struct sockaddr_in address = loopback(number(count, arguments, 1, 0));
    setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
    if (bind(listener, (struct sockaddr *)&address, sizeof address) || listen(listener, 1024)) fail("listen");
    say_ready();
    for (;;) {
        int connection = accept(listener, NULL, NULL);
        if (connection == -1) continue;
        send_at_once(connection);
        pthread_t thread;
        if (pthread_create(&thread, NULL, serve, (void *)(intptr_t)connection)) fail("pthread_create");
        pthread_detach(thread);
    }
}
