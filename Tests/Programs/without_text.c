// without_text [unmapped | protected]: has unmapped all of its program's text, or forbidden its execution, and spins in a
// copy of a few instructions in anonymous memory. No function of it has a name any more.
#include "program.h"

#include <sys/mman.h>
#include <sys/syscall.h>

extern const char refuge[], refuge_end[], __executable_start[], etext[];

// Calls a system call with its three arguments, says "ready", spins.
__asm__(
    "refuge:\n\t"
    "syscall\n\t"
    "mov $1, %eax\n\t"  // SYS_write
    "mov $1, %edi\n\t"
    "mov %r8, %rsi\n\t"
    "mov $6, %edx\n\t"
    "syscall\n"
    "1: imul $1103515245, %r12, %r12\n\t"
    "jmp 1b\n"
    "refuge_end:\n");

int main(int count, char **arguments) {
    die_with_parent();
    int unmaps = count < 2 || strcmp(arguments[1], "unmapped") == 0;
    char *copy = mmap(NULL, 4096, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (copy == MAP_FAILED) fail("mmap");
    memcpy(copy, refuge, (size_t)(refuge_end - refuge));
    static const char ready[] = "ready\n";
    char *message = memcpy(copy + 2048, ready, sizeof ready);
    uint64_t start = (uint64_t)__executable_start, size = ((uint64_t)etext - start + 4095) & ~4095ull;
    register char *text __asm__("r8") = message;
    __asm__ volatile("jmp *%[copy]"
                     :
                     : [copy] "r"(copy), "a"(unmaps ? SYS_munmap : SYS_mprotect), "D"(start), "S"(size), "d"(PROT_READ),
                       "r"(text)
                     : "rcx", "r11", "r12", "memory");
    __builtin_unreachable();
}
