// What thread_server and thread_load say to each other.
#pragma once

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

struct message {
    uint64_t number;
    char padding[56];
};

static inline struct sockaddr_in loopback(long port) {
    return (struct sockaddr_in){
        .sin_family = AF_INET, .sin_port = htons((uint16_t)port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
}

static inline void send_at_once(int connection) {
    int yes = 1;
    setsockopt(connection, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
}

// Whether a whole message came.
static inline int receive(int connection, struct message *message) {
    return recv(connection, message, sizeof *message, MSG_WAITALL) == (ssize_t)sizeof *message;
}
