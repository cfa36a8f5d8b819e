// single_step FILE IDLE loader|entry PROGRAM [ARGUMENTS…]: runs a program instruction by instruction, from its very first
// one, which is the loader's, or from its entry point on, and keeps an account of its calls and returns, so that at each
// instruction the right stack is known without any unwinding.
// Prints "tracee PID"; says ready when IDLE steps have shown nothing new, or the program is about to exit. It stays
// stopped then.
//
// FILE gets one record for each instruction address that is new, all words little-endian: 17 registers by DWARF number,
// the address of the copied stack, the number of its bytes, the number of return addresses; the stack; and the return
// addresses, innermost first.
#include "program.h"

#include <elf.h>
#include <sched.h>
#include <stddef.h>
#include <sys/ptrace.h>
#include <sys/uio.h>
#include <sys/user.h>
#include <sys/wait.h>

enum { deepest = 4096, largest_stack = 256 * 1024, red_zone = 128, hash_size = 1 << 20 };

static pid_t tracee;
static uint64_t returns[deepest];
// Where on the stack each of them is.
static uint64_t slots[deepest];
static int depth;
static uint64_t seen[hash_size];
static unsigned char stack[largest_stack];

static size_t read_memory(uint64_t address, void *buffer, size_t size) {
    struct iovec local = {buffer, size}, remote = {(void *)address, size};
    ssize_t count = process_vm_readv(tracee, &local, 1, &remote, 1, 0);
    return count < 0 ? 0 : (size_t)count;
}

static int is_new(uint64_t address) {
    uint64_t slot = address * 0x9e3779b97f4a7c15u >> 44;
    while (seen[slot % hash_size] != 0) {
        if (seen[slot % hash_size] == address) return 0;
        slot++;
    }
    seen[slot % hash_size] = address;
    return 1;
}

static void record(FILE *file, const struct user_regs_struct *r) {
    uint64_t base = r->rsp - red_zone;
    uint64_t count = read_memory(base, stack, sizeof stack);
    uint64_t header[20] = {
        r->rax, r->rdx, r->rcx, r->rbx, r->rsi, r->rdi, r->rbp, r->rsp, r->r8, r->r9, r->r10, r->r11, r->r12,
        r->r13, r->r14, r->r15, r->rip, base, count, (uint64_t)depth,
    };
    fwrite(header, sizeof header, 1, file);
    fwrite(stack, 1, count, file);
    for (int index = depth - 1; index >= 0; index--) fwrite(&returns[index], 8, 1, file);
}

// Skips what may stand before an opcode: operand and address size, segment, bnd, rep and REX prefixes.
static const unsigned char *opcode_of(const unsigned char *code) {
    while (*code == 0x66 || *code == 0x67 || *code == 0x2e || *code == 0x3e || *code == 0x64 || *code == 0x65 || *code == 0xf2 ||
           *code == 0xf3 || (*code & 0xf0) == 0x40)
        code++;
    return code;
}

static void follow(const unsigned char *code, const struct user_regs_struct *before,
                   const struct user_regs_struct *after) {
    const unsigned char *opcode = opcode_of(code);
    if (*opcode == 0xe8 || (*opcode == 0xff && (opcode[1] >> 3 & 7) == 2)) {
        uint64_t target = 0;
        read_memory(after->rsp, &target, 8);
        if (after->rsp != before->rsp - 8 || target - before->rip > 16 || depth == deepest) exit(3);
        slots[depth] = after->rsp;
        returns[depth++] = target;
    } else if (*opcode == 0xc3 || *opcode == 0xc2) {
        if (depth == 0 || returns[--depth] != after->rip) exit(4);
    }
    // longjmp(3) leaves functions without their returns.
    while (depth > 0 && slots[depth - 1] < after->rsp) depth--;
}

static void start(char **command) {
    tracee = fork();
    if (tracee == -1) fail("fork");
    if (tracee == 0) {
        ptrace(PTRACE_TRACEME, 0, NULL, NULL);
        // Binds all functions at the start: the lazy binder returns to a function that nobody called.
        setenv("LD_BIND_NOW", "1", 1);
        if (!freopen("/dev/null", "w", stdout)) _exit(126);
        execv(command[0], command);
        _exit(127);
    }
    waitpid(tracee, NULL, 0);
    if (ptrace(PTRACE_SETOPTIONS, tracee, NULL, PTRACE_O_EXITKILL | PTRACE_O_TRACEEXIT) == -1) fail("PTRACE_SETOPTIONS");
    printf("tracee %d\n", tracee);
    fflush(stdout);
}

static uint64_t entry_point(void) {
    char path[32];
    snprintf(path, sizeof path, "/proc/%d/auxv", tracee);
    FILE *file = fopen(path, "r");
    if (!file) fail(path);
    Elf64_auxv_t value = {0};
    while (fread(&value, sizeof value, 1, file) == 1 && value.a_type != AT_ENTRY) {}
    fclose(file);
    if (value.a_type != AT_ENTRY) exit(5);
    return value.a_un.a_val;
}

// Runs the loader, at full speed, up to the program's entry point. Nothing of that stays to be seen.
static void run_to_entry(void) {
    uint64_t entry = entry_point();
    int status;
    struct user_regs_struct registers;
    long code = ptrace(PTRACE_PEEKTEXT, tracee, entry, NULL);
    ptrace(PTRACE_POKETEXT, tracee, entry, (code & ~0xffL) | 0xcc);
    ptrace(PTRACE_CONT, tracee, NULL, NULL);
    if (waitpid(tracee, &status, 0) == -1 || !WIFSTOPPED(status) || status >> 8 != SIGTRAP) exit(5);
    ptrace(PTRACE_GETREGS, tracee, NULL, &registers);
    if (registers.rip != entry + 1) exit(5);
    registers.rip = entry;
    ptrace(PTRACE_SETREGS, tracee, NULL, &registers);
    ptrace(PTRACE_POKETEXT, tracee, entry, code);
}

// On one CPU, the two change places in half the time that it takes to wake each other up.
static void stay_on_this_cpu(void) {
    cpu_set_t set;
    CPU_ZERO(&set);
    CPU_SET(sched_getcpu(), &set);
    sched_setaffinity(0, sizeof set, &set);
}

// Whether the program goes on.
static int step(void) {
    int status;
    if (ptrace(PTRACE_SINGLESTEP, tracee, NULL, NULL) == -1) return 0;
    if (waitpid(tracee, &status, 0) == -1 || !WIFSTOPPED(status)) return 0;
    return status >> 8 == SIGTRAP;
}

int main(int count, char **arguments) {
    die_with_parent();
    if (count < 5) return 64;
    FILE *file = fopen(arguments[1], "w");
    if (!file) fail(arguments[1]);
    long idle_limit = number(count, arguments, 2, 0);
    stay_on_this_cpu();
    start(arguments + 4);
    if (strcmp(arguments[3], "entry") == 0) run_to_entry();
    struct user_regs_struct before, after;
    ptrace(PTRACE_GETREGS, tracee, NULL, &before);
    for (long idle = 0; idle < idle_limit; idle++) {
        unsigned char code[16] = {0};
        read_memory(before.rip, code, sizeof code);
        if (is_new(before.rip)) record(file, &before), idle = 0;
        if (!step()) break;
        ptrace(PTRACE_GETREGS, tracee, NULL, &after);
        follow(code, &before, &after);
        before = after;
    }
    fclose(file);
    say_ready();
    for (;;) pause();
}
