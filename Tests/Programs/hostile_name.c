// A thread for each name that could break a parser, a terminal or a folded stack; the process itself has such a name too.
// Each works in hostile_work() for about 2 ms and sleeps for 8 ms, for ever.
#include "program.h"

#include <pthread.h>
#include <stdatomic.h>

static const char *const names[] = {
    "line\nbreak",           // splits a line of output
    "a;b;c",                 // looks like three frames
    "\033[31mred\033[0m",    // colours the terminal
    "\033]0;title\a",        // sets the terminal's title
    "count 99",              // looks like the count of a folded stack
    ") R 1 2 3",             // looks like the fields of /proc/PID/stat
    "((x)",                  // parentheses that don't match
    "\xff\xfe\xc3(",         // not UTF-8
    "<b>&\"quot\"'",         // markup
    "\r\b\b\b\t\v",          // control characters only
    "{\"json\":1,",          // a field of its own
    "",                      // none at all
    "fifteen bytes..",       // as long as a name can be
};

enum { count = sizeof names / sizeof *names };

static atomic_int named;
static volatile uint64_t result;

OWN_FRAME void hostile_work(void) { result = burn(result, 2000000); }

static void *run(void *name) {
    prctl(PR_SET_NAME, name);
    atomic_fetch_add(&named, 1);
    for (;;) {
        hostile_work();
        sleep_milliseconds(8);
    }
    return NULL;
}

int main(void) {
    die_with_parent();
    prctl(PR_SET_NAME, ") S;\n\033[7m(0");
    for (int index = 0; index < count; index++) {
        pthread_t thread;
        if (pthread_create(&thread, NULL, run, (void *)(uintptr_t)names[index])) fail("pthread_create");
    }
    while (atomic_load(&named) < count) sched_yield();
    say_ready();
    for (;;) pause();
}
