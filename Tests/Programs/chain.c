// main, handle_request, parse_headers, match_route, check_permissions, spin: functions that hold values across their
// calls, so that callee-saved registers (RBP among them, where it is not a frame pointer) are in use. Built several
// times, for the different ways in which a stack can be followed: see the Makefile.
#include "program.h"

static volatile uint64_t result;

OWN_FRAME uint64_t spin(uint64_t a, uint64_t b, uint64_t c, uint64_t d) {
    say_ready();
    for (;;) {
        a = burn(a ^ d, 1000), b = burn(b ^ a, 1000), c = burn(c ^ b, 1000), d = burn(d ^ c, 1000);
        result = a + b + c + d;
    }
}

OWN_FRAME uint64_t check_permissions(uint64_t user, uint64_t group, uint64_t role) {
    uint64_t x = user * 3, y = group * 5, z = role * 7;
    uint64_t found = spin(x, y, z, x ^ y);
    return found + x * y + z * user + group;
}

OWN_FRAME uint64_t match_route(uint64_t path, uint64_t method) {
    uint64_t table[32];
    for (int index = 0; index < 32; index++) table[index] = path * (uint64_t)index + method;
    __asm__ volatile("" : : "r"(table) : "memory");
    uint64_t found = check_permissions(path, method, table[method % 32]);
    return found + path * method + table[path % 32];
}

OWN_FRAME uint64_t parse_headers(uint64_t buffer, uint64_t length) {
    uint64_t first = buffer * length, second = buffer + length;
    uint64_t found = match_route(first, second);
    return found * first + second * buffer + length;
}

OWN_FRAME uint64_t handle_request(uint64_t connection) {
    uint64_t found = parse_headers(connection * 11, connection + 13);
    return found ^ connection;
}

int main(int count, char **arguments) {
    (void)arguments;
    die_with_parent();
    uint64_t found = handle_request((uint64_t)count + 41);
    NOT_A_TAIL_CALL;
    return (int)found;
}
