// coroutines: two coroutines on stacks of their own from malloc, which take turns with main() about every millisecond.
// The right stacks are coroutine_a, spin_in_a and coroutine_b, spin_in_b and main, spin_in_main, never a mixture.
#include "program.h"

#include <ucontext.h>

enum { stack_size = 64 * 1024 };

static volatile uint64_t result;
static ucontext_t home, a, b;

OWN_FRAME void spin_in_main(void) { result = burn(result, 1000000); }
OWN_FRAME void spin_in_a(void) { result = burn(result, 1000000); }
OWN_FRAME void spin_in_b(void) { result = burn(result, 1000000); }

OWN_FRAME void coroutine_a(void) {
    for (;;) {
        spin_in_a();
        swapcontext(&a, &b);
    }
}

OWN_FRAME void coroutine_b(void) {
    for (;;) {
        spin_in_b();
        swapcontext(&b, &home);
    }
}

static void prepare(ucontext_t *context, void (*function)(void)) {
    getcontext(context);
    context->uc_stack.ss_sp = malloc(stack_size);
    context->uc_stack.ss_size = stack_size;
    context->uc_link = NULL;
    makecontext(context, function, 0);
}

int main(void) {
    die_with_parent();
    prepare(&a, coroutine_a);
    prepare(&b, coroutine_b);
    say_ready();
    for (;;) {
        spin_in_main();
        swapcontext(&home, &a);
    }
}
