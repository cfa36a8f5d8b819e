// main, outer_frame, dynamic_frame (of a size known only at run time), spin.
#include "program.h"

#include <alloca.h>

static volatile uint64_t result;

OWN_FRAME void spin(volatile char *memory) {
    for (;;) {
        result = burn(result, 1000);
        memory[0]++;
    }
}

OWN_FRAME void dynamic_frame(size_t size) {
    char *memory = alloca(size);
    memset(memory, 1, size);
    spin(memory);
    result += (uint64_t)memory[size - 1];
}

OWN_FRAME void outer_frame(size_t size) {
    char fixed[100];
    __asm__ volatile("" : : "r"(fixed) : "memory");
    dynamic_frame(size + (size_t)fixed[0] % 2);
    NOT_A_TAIL_CALL;
}

int main(int count, char **arguments) {
    die_with_parent();
    say_ready();
    outer_frame((size_t)number(count, arguments, 1, 3000));
    NOT_A_TAIL_CALL;
}
