// other_stacks HOW [asleep]: work() and what called it are on one stack, handle() on another one.
// HOW is alternate (a handler on an alternate stack), nested (a handler within a handler on it), thread (the same in a
// thread, whose alternate stack is on the heap), fiber (a handler on an alternate stack interrupts a makecontext(3) fiber),
// split (in a program built with -fsplit-stack, whose stacks are of many pieces), tail (the same, of which main leaves no
// frame), or the name of a function that calls handle() on another stack.
// The stacks are outer, inner, work, the signal, handle, spin or nap.
#include "rest.h"

#include <pthread.h>
#include <sys/mman.h>
#ifdef __GLIBC__
#include <ucontext.h>
#endif

enum { stack_size = 256 * 1024 };

static int is_nested;

OWN_FRAME void handle_again(int signal) {
    (void)signal;
    rest();
    NOT_A_TAIL_CALL;
}

OWN_FRAME void handle(int signal) {
    (void)signal;
    if (is_nested) raise(SIGUSR2);
    rest();
    NOT_A_TAIL_CALL;
}

OWN_FRAME void work(void) {
    pthread_kill(pthread_self(), SIGUSR1);
    for (;;) result = burn(result, 1000);
}

OWN_FRAME void inner(void) {
    work();
    NOT_A_TAIL_CALL;
}

OWN_FRAME void outer(void) {
    inner();
    NOT_A_TAIL_CALL;
}

// Leaves 60 KiB of small frames above outer().
OWN_FRAME int go_far(int depth) {
    volatile char room[488];
    room[0] = (char)depth;
    if (depth == 0) outer();
    return depth == 0 ? room[0] : go_far(depth - 1) + room[0];
}

OWN_FRAME int descend(int depth) {
    volatile char room[4096];
    room[depth % 4096] = (char)depth;
    if (depth == 0) rest();
    return depth == 0 ? room[0] : descend(depth - 1) + room[depth % 4096];
}

// Calls a function on another stack. `keeps_` and `saves_` have no call frame information.
#define FUNCTION(name, body) \
    ".globl " #name "\n.type " #name ", @function\n" #name ":\n" body ".size " #name ", . - " #name "\n"
#define DESCRIBED(name, body) FUNCTION(name, ".cfi_startproc\n" body ".cfi_endproc\n")
__asm__(".text\n"
    DESCRIBED(by_frame_pointer, "push %rbp\n.cfi_adjust_cfa_offset 8\n.cfi_rel_offset rbp, 0\n"
        "mov %rsp, %rbp\n.cfi_def_cfa_register rbp\nmov %rsi, %rsp\ncall *%rdi\nleave\n.cfi_def_cfa rsp, 8\nret\n")
    DESCRIBED(by_register, "push %rbx\n.cfi_adjust_cfa_offset 8\n.cfi_rel_offset rbx, 0\n"
        "mov %rsp, %rbx\n.cfi_def_cfa_register rbx\nmov %rsi, %rsp\ncall *%rdi\nmov %rbx, %rsp\n"
        ".cfi_def_cfa_register rsp\npop %rbx\n.cfi_def_cfa_offset 8\nret\n")
    FUNCTION(keeps_pointer, "push %rbx\nmov %rsp, %rbx\nmov %rsi, %rsp\ncall *%rdi\nmov %rbx, %rsp\npop %rbx\nret\n")
    FUNCTION(saves_pointer, "push %rbx\nmov %rsp, %rax\nmov %rsi, %rsp\npush %rax\npush %rax\ncall *%rdi\n"
        "pop %rax\nmov %rax, %rsp\npop %rbx\nret\n"));

typedef void call_on(void (*function)(int), void *top);
call_on by_frame_pointer, by_register, keeps_pointer, saves_pointer;

static call_on *volatile caller;

static call_on *find_caller(const char *name) {
    if (strcmp(name, "by_frame_pointer") == 0) return by_frame_pointer;
    if (strcmp(name, "by_register") == 0) return by_register;
    if (strcmp(name, "keeps_pointer") == 0) return keeps_pointer;
    return strcmp(name, "saves_pointer") == 0 ? saves_pointer : NULL;
}

static void use_alternate_stack(void *memory) {
    stack_t stack = {.ss_size = stack_size, .ss_sp = memory};
    if (sigaltstack(&stack, NULL) == -1) fail("sigaltstack");
    struct sigaction action = {.sa_handler = handle, .sa_flags = SA_ONSTACK};
    if (sigaction(SIGUSR1, &action, NULL) == -1) fail("sigaction");
    action.sa_handler = handle_again;
    if (sigaction(SIGUSR2, &action, NULL) == -1) fail("sigaction");
}

static void *map_stack(void) {
    void *memory = mmap(NULL, stack_size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (memory == MAP_FAILED) fail("mmap");
    return memory;
}

OWN_FRAME void call(void) {
    caller(handle, (char *)map_stack() + stack_size);
    NOT_A_TAIL_CALL;
}

OWN_FRAME void *run_thread(void *unused) {
    use_alternate_stack(malloc(stack_size));
    outer();
    return unused;
}

#ifdef __GLIBC__
static ucontext_t home, fiber;

static void run_fiber(void) {
    getcontext(&fiber);
    fiber.uc_stack.ss_sp = map_stack();
    fiber.uc_stack.ss_size = stack_size;
    fiber.uc_link = &home;
    makecontext(&fiber, outer, 0);
    swapcontext(&home, &fiber);
}
#endif

int main(int count, char **arguments) {
    die_with_parent();
    const char *how = count > 1 ? arguments[1] : "";
    is_asleep = count > 2;
    is_nested = strcmp(how, "nested") == 0;
    if (strcmp(how, "split") == 0) return descend(6);
    if (strcmp(how, "tail") == 0) return descend(0);
    caller = find_caller(how);
    if (caller != NULL) {
        call();
        return 0;
    }
    if (strcmp(how, "thread") == 0) {
        pthread_t thread;
        if (pthread_create(&thread, NULL, run_thread, NULL) != 0) fail("pthread_create");
        pthread_join(thread, NULL);
        return 0;
    }
    use_alternate_stack(map_stack());
#ifdef __GLIBC__
    if (strcmp(how, "fiber") == 0) run_fiber();
#endif
    if (strcmp(how, "far") == 0) return go_far(120);
    outer();
    NOT_A_TAIL_CALL;
}
