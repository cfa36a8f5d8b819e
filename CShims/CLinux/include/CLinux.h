// Linux system calls that Swift can't import from Glibc: variadic ptrace(2) and syscall(2) wrappers, the wait status
// macros, and a fork that may run nothing but async-signal-safe calls before its exec. No logic lives here.
#pragma once

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

// The general registers in DWARF order (rax rdx rcx rbx rsi rdi rbp rsp r8 … r15 rip), and what says whether the
// thread was in a system call: its number (negative outside of one) and the call's return value so far.
struct clinux_registers {
    uint64_t dwarf[17];
    int64_t system_call;
    int64_t return_value;
};

// Each returns 0, or the errno of the failed request.
int clinux_seize(pid_t tid);
int clinux_interrupt(pid_t tid);
int clinux_detach(pid_t tid, int signal);
int clinux_get_registers(pid_t tid, struct clinux_registers *out);
// Moves the program counter back over a two-byte `syscall` instruction and puts the call's number back.
int clinux_restart_system_call(pid_t tid);
// Fills *pending with the thread's and process's pending signals that PTRACE_PEEKSIGINFO shows: 0 none, 1 some.
int clinux_has_pending_signal(pid_t tid, int *pending);

// One waitid(WNOHANG | WNOWAIT | __WALL) on a tracee. Returns a CLINUX_WAIT_ value; *detail is the signal or the exit
// status. It takes nothing away: a tracee that has ended can be a child that another part of the program waits for.
enum clinux_wait {
    CLINUX_WAIT_NOTHING,
    CLINUX_WAIT_EVENT_STOP,
    CLINUX_WAIT_GROUP_STOP,
    CLINUX_WAIT_SIGNAL_STOP,
    CLINUX_WAIT_GONE,
    CLINUX_WAIT_FAILED,
};
enum clinux_wait clinux_wait_tracee(pid_t tid, int *detail);

// Takes note of a tracee's end, so that it doesn't stay a zombie and its parent is told.
void clinux_reap_tracee(pid_t tid);

// process_vm_readv of one range. Returns the bytes read, or the negative errno. A partial read is not an error.
ssize_t clinux_read_memory(pid_t pid, uint64_t address, void *buffer, size_t length);

// openat2(2) with RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS. Returns a descriptor, or the negative errno.
int clinux_open_in_root(int root, const char *path, int flags);

// O_PATH, which <fcntl.h> hides from Swift.
enum { CLINUX_O_PATH = 010000000 };

// getdents64(2). Returns the bytes of records written to `buffer`, 0 at the end, or the negative errno.
ssize_t clinux_list_directory(int directory, void *buffer, size_t length);

// prlimit(2) of RLIMIT_NOFILE, which <sys/resource.h> hides from Swift. Returns 0 or an errno.
int clinux_set_descriptor_limit(pid_t pid, unsigned long soft, unsigned long hard);

// sched_getcpu(3), which <sched.h> hides from Swift.
int clinux_current_processor(void);

// prctl(2) PR_SET_TIMERSLACK for the calling thread, in nanoseconds.
void clinux_set_timer_slack(unsigned long nanoseconds);

// SCHED_RESET_ON_FORK, which <sched.h> hides from Swift.
enum { CLINUX_SCHED_RESET_ON_FORK = 0x40000000 };

// Forks a child that waits until a byte can be read from its gate, then execs `arguments` by PATH.
// Returns 0 or an errno. *gate: write one byte to release the child, close to make it exit.
// *failure: reads an errno (int) when exec failed, end of file when it succeeded.
int clinux_spawn_gated(char *const arguments[], pid_t *pid, int *gate, int *failure);

// perf_event_open(2) of a software cpu-clock event on this thread, closed at once. Returns 0 or an errno.
int clinux_probe_perf_event(void);
