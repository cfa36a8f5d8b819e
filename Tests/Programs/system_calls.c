// system_calls: spends nearly all of its time in the kernel, in the read(2) of stay_in_kernel(), which fills a buffer
// with random bytes.
#include "program.h"

#include <fcntl.h>

static char buffer[1 << 20];

OWN_FRAME void stay_in_kernel(int source) {
    if (read(source, buffer, sizeof buffer) < 0) fail("read");
    NOT_A_TAIL_CALL;
}

int main(void) {
    die_with_parent();
    int source = open("/dev/urandom", O_RDONLY);
    if (source == -1) fail("/dev/urandom");
    say_ready();
    for (;;) stay_in_kernel(source);
}
