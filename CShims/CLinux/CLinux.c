#define _GNU_SOURCE
#include "CLinux.h"

#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <sched.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/user.h>
#include <sys/vfs.h>
#include <sys/wait.h>
#include <unistd.h>

static int result(long value) { return value == -1 ? errno : 0; }

int clinux_seize(pid_t tid) { return result(ptrace(PTRACE_SEIZE, tid, 0, 0)); }

int clinux_interrupt(pid_t tid) { return result(ptrace(PTRACE_INTERRUPT, tid, 0, 0)); }

int clinux_detach(pid_t tid, int signal) { return result(ptrace(PTRACE_DETACH, tid, 0, (long)signal)); }

static int get_user_registers(pid_t tid, struct user_regs_struct *user) {
    struct iovec io = {user, sizeof *user};
    if (ptrace(PTRACE_GETREGSET, tid, NT_PRSTATUS, &io) == -1) return errno;
    // A 32-bit task fills in a shorter structure.
    return io.iov_len == sizeof *user ? 0 : ENOEXEC;
}

int clinux_get_registers(pid_t tid, struct clinux_registers *out) {
    struct user_regs_struct u;
    int error = get_user_registers(tid, &u);
    if (error) return error;
    *out = (struct clinux_registers){
        .dwarf = {u.rax, u.rdx, u.rcx, u.rbx, u.rsi, u.rdi, u.rbp, u.rsp, u.r8, u.r9, u.r10, u.r11, u.r12, u.r13, u.r14,
                  u.r15, u.rip},
        .thread_pointer = u.fs_base,
        .system_call = (int64_t)u.orig_rax,
        .return_value = (int64_t)u.rax,
    };
    return 0;
}

int clinux_restart_system_call(pid_t tid) {
    struct user_regs_struct u;
    int error = get_user_registers(tid, &u);
    if (error) return error;
    u.rip -= 2;
    u.rax = u.orig_rax;
    struct iovec io = {&u, sizeof u};
    return result(ptrace(PTRACE_SETREGSET, tid, NT_PRSTATUS, &io));
}

static long peek_one_signal(pid_t tid, unsigned flags) {
    siginfo_t info;
    struct __ptrace_peeksiginfo_args arguments = {.off = 0, .flags = flags, .nr = 1};
    return ptrace(PTRACE_PEEKSIGINFO, tid, &arguments, &info);
}

int clinux_has_pending_signal(pid_t tid, int *pending) {
    long of_thread = peek_one_signal(tid, 0);
    if (of_thread == -1) return errno;
    long of_process = peek_one_signal(tid, PTRACE_PEEKSIGINFO_SHARED);
    if (of_process == -1) return errno;
    *pending = of_thread + of_process > 0;
    return 0;
}

int clinux_get_rseq_area(pid_t tid, uint64_t *address, uint32_t *size) {
    struct __ptrace_rseq_configuration area;
    if (ptrace(PTRACE_GET_RSEQ_CONFIGURATION, tid, sizeof area, &area) == -1) return errno;
    *address = area.rseq_abi_pointer;
    *size = area.rseq_abi_size;
    return 0;
}

enum clinux_wait clinux_wait_tracee(pid_t tid, int *detail) {
    siginfo_t info = {.si_pid = 0};
    if (waitid(P_PID, (id_t)tid, &info, WEXITED | WSTOPPED | WNOHANG | WNOWAIT | __WALL) == -1) {
        *detail = errno;
        return errno == EINTR ? CLINUX_WAIT_NOTHING : CLINUX_WAIT_FAILED;
    }
    if (info.si_pid == 0) return CLINUX_WAIT_NOTHING;
    if (info.si_code != CLD_TRAPPED && info.si_code != CLD_STOPPED) {
        *detail = info.si_status;
        return CLINUX_WAIT_GONE;
    }
    *detail = info.si_status & 0xff;
    if (info.si_status >> 8 != PTRACE_EVENT_STOP) return CLINUX_WAIT_SIGNAL_STOP;
    return *detail == SIGTRAP ? CLINUX_WAIT_EVENT_STOP : CLINUX_WAIT_GROUP_STOP;
}

void clinux_reap_tracee(pid_t tid) { waitpid(tid, NULL, __WALL | WNOHANG); }

int clinux_is_ended_child(pid_t pid) {
    siginfo_t status = {0};
    return waitid(P_PID, (id_t)pid, &status, WEXITED | WNOHANG | WNOWAIT) == 0 && status.si_pid == pid;
}

ssize_t clinux_read_memory(pid_t pid, uint64_t address, void *buffer, size_t length) {
    struct iovec local = {buffer, length};
    struct iovec remote = {(void *)(uintptr_t)address, length};
    ssize_t count = process_vm_readv(pid, &local, 1, &remote, 1, 0);
    return count == -1 ? -errno : count;
}

_Static_assert(CLINUX_RESOLVE_NO_MAGICLINKS == RESOLVE_NO_MAGICLINKS, "");
_Static_assert(CLINUX_RESOLVE_BENEATH == RESOLVE_BENEATH, "");
_Static_assert(CLINUX_RESOLVE_IN_ROOT == RESOLVE_IN_ROOT, "");

int clinux_open_handle(int directory, const char *path, uint64_t resolution) {
    struct open_how how = {.flags = O_PATH | O_CLOEXEC, .resolve = resolution};
    long descriptor = syscall(SYS_openat2, directory, path, &how, sizeof how);
    return descriptor == -1 ? -errno : (int)descriptor;
}

int clinux_file_system_type(int file, uint32_t *type) {
    struct statfs status;
    int failure = fstatfs(file, &status);
    *type = failure ? 0 : (uint32_t)status.f_type;
    return failure;
}

_Static_assert(CLINUX_O_PATH == O_PATH, "");

ssize_t clinux_list_directory(int directory, void *buffer, size_t length) {
    long count = syscall(SYS_getdents64, directory, buffer, length);
    return count == -1 ? -errno : count;
}

int clinux_set_descriptor_limit(pid_t pid, unsigned long soft, unsigned long hard) {
    struct rlimit limit = {.rlim_cur = soft, .rlim_max = hard};
    return result(prlimit(pid, RLIMIT_NOFILE, &limit, NULL));
}

int clinux_current_processor(void) { return sched_getcpu(); }

_Static_assert(sizeof(struct clinux_processors) == sizeof(cpu_set_t), "");

int clinux_get_processors(struct clinux_processors *out) {
    return result(sched_getaffinity(0, sizeof *out, (cpu_set_t *)out));
}

int clinux_set_processors(const struct clinux_processors *processors) {
    return result(sched_setaffinity(0, sizeof *processors, (const cpu_set_t *)processors));
}

int clinux_has_processor(struct clinux_processors processors, unsigned processor) {
    return CPU_ISSET(processor, (const cpu_set_t *)&processors);
}

struct clinux_processors clinux_only_processor(unsigned processor) {
    struct clinux_processors only = {{0}};
    CPU_SET(processor, (cpu_set_t *)&only);
    return only;
}

void clinux_name_thread(const char *name) { prctl(PR_SET_NAME, name); }

void clinux_set_timer_slack(unsigned long nanoseconds) { prctl(PR_SET_TIMERSLACK, nanoseconds, 0, 0, 0); }

int clinux_ignores_signal(int signal) {
    struct sigaction action;
    return sigaction(signal, NULL, &action) == 0 && action.sa_handler == SIG_IGN;
}

// The C library's wrappers change all threads' identities, by signals, which a child of fork(2) must not wait for.
static int take_identity(const struct clinux_identity *identity) {
    if (syscall(SYS_setgroups, identity->group_count, identity->groups) == -1) return errno;
    if (syscall(SYS_setresgid, identity->group, identity->group, identity->group) == -1) return errno;
    return result(syscall(SYS_setresuid, identity->user, identity->user, identity->user));
}

static _Noreturn void fail(int failure, int stage, int error) {
    struct clinux_program_failure reason = {stage, error};
    ssize_t ignored = write(failure, &reason, sizeof reason);
    (void)ignored;
    _exit(127);
}

static _Noreturn void run_gated(const struct clinux_program *program, int gate, int failure) {
    char byte;
    if (program->resets_pipe_signal) signal(SIGPIPE, SIG_DFL);
    sigprocmask(SIG_SETMASK, &program->blocked_signals, NULL);
    if (read(gate, &byte, 1) != 1) _exit(127);
    int error = program->identity ? take_identity(program->identity) : 0;
    if (error) fail(failure, 1, error);
    execvpe(program->arguments[0], program->arguments, program->environment);
    fail(failure, 0, errno);
}

int clinux_spawn_gated(const struct clinux_program *program, pid_t *pid, int *gate, int *failure) {
    int gates[2], failures[2];
    if (pipe2(gates, O_CLOEXEC) == -1) return errno;
    if (pipe2(failures, O_CLOEXEC) == -1) {
        int error = errno;
        close(gates[0]), close(gates[1]);
        return error;
    }
    pid_t child = fork();
    int error = errno;
    if (child == 0) {
        close(gates[1]);
        run_gated(program, gates[0], failures[1]);
    }
    close(gates[0]), close(failures[1]);
    if (child == -1) {
        close(gates[1]), close(failures[0]);
        return error;
    }
    *pid = child, *gate = gates[1], *failure = failures[0];
    return 0;
}
