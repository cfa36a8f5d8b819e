// hosted KIND [asleep]: outer() calls assembly that jumps, on its frame, to guest(), which calls rest(), that spin() or nap().
// Guest code has no call frame information, leaves the stack pointer where it is, and ends in jumps. KIND says what the
// frame is: moves (16 KiB and what was saved by moves), pushes (24 KiB and what was pushed), nested (one below the other),
// or alone (guest_spin() runs on it without calls).
#include "rest.h"

typedef void code(void);

// Jumps to `where`, which calls `callee`; returns when that has jumped to the address in r14.
extern void host_moves(code *where, code *callee);
extern void host_pushes(code *where, code *callee);
extern code guest, guest_spin;

#define FUNCTION(name, body)              \
    __asm__(".text\n"                     \
            ".globl " #name "\n"          \
            ".type " #name ", @function\n" \
            #name ":\n" body              \
            ".size " #name ", . - " #name "\n")

// As StgRun in GHC's rts/StgCRun.c.
FUNCTION(host_moves,
         "sub $0x30, %rsp\n"
         "mov %rsp, %rax\n"
         "sub $0x4000, %rsp\n"
         "mov %rbx, (%rax)\n"
         "mov %rbp, 8(%rax)\n"
         "mov %r12, 16(%rax)\n"
         "mov %r13, 24(%rax)\n"
         "mov %r14, 32(%rax)\n"
         "mov %r15, 40(%rax)\n"
         "mov %rsi, %r12\n"
         "lea 1f(%rip), %r14\n"
         "mov %rdi, %rax\n"
         "jmp *%rax\n"
         "1: add $0x4000, %rsp\n"
         "mov (%rsp), %rbx\n"
         "mov 8(%rsp), %rbp\n"
         "mov 16(%rsp), %r12\n"
         "mov 24(%rsp), %r13\n"
         "mov 32(%rsp), %r14\n"
         "mov 40(%rsp), %r15\n"
         "add $0x30, %rsp\n"
         "ret\n");

FUNCTION(host_pushes,
         "push %rbx\n"
         "push %rbp\n"
         "push %r12\n"
         "push %r13\n"
         "push %r14\n"
         "push %r15\n"
         "sub $0x6000, %rsp\n"
         "mov %rsi, %r12\n"
         "lea 1f(%rip), %r14\n"
         "jmp *%rdi\n"
         "1: add $0x6000, %rsp\n"
         "pop %r15\n"
         "pop %r14\n"
         "pop %r13\n"
         "pop %r12\n"
         "pop %rbp\n"
         "pop %rbx\n"
         "ret\n");

FUNCTION(guest,
         "xor %ebp, %ebp\n"
         "lea guest_end(%rip), %r13\n"
         "mov $3, %ebx\n"
         "mov %rbx, 64(%rsp)\n"
         "sub $8, %rsp\n"
         "call *%r12\n"
         "add $8, %rsp\n"
         "test %rbx, %rbx\n"
         "je guest_spin\n"
         "jmp *%r13\n");

FUNCTION(guest_end,
         "mov 64(%rsp), %rax\n"
         "jmp *%r14\n");

FUNCTION(guest_spin,
         "lea guest_spin(%rip), %r13\n"
         "mov $1000000, %eax\n"
         "2: dec %rax\n"
         "jne 2b\n"
         "jmp *%r13\n");

OWN_FRAME void nothing(void) { NOT_A_TAIL_CALL; }

OWN_FRAME void inner(void) {
    host_pushes(guest, rest);
    NOT_A_TAIL_CALL;
}

OWN_FRAME void outer(const char *kind) {
    host_moves(guest, nothing);
    host_pushes(guest, nothing);
    if (strcmp(kind, "moves") == 0) host_moves(guest, rest);
    if (strcmp(kind, "pushes") == 0) host_pushes(guest, rest);
    if (strcmp(kind, "nested") == 0) host_moves(guest, inner);
    say_ready();
    host_moves(guest_spin, NULL);
    NOT_A_TAIL_CALL;
}

int main(int count, char **arguments) {
    die_with_parent();
    if (count < 2) return 1;
    is_asleep = count > 2;
    outer(arguments[1]);
    NOT_A_TAIL_CALL;
}
