// Linux system calls that Swift can't import from Glibc: variadic ptrace(2) and syscall(2) wrappers, the wait status
// macros, and a fork that may run nothing but async-signal-safe calls before its exec. No logic lives here.
#pragma once

#include <linux/prctl.h>
#include <signal.h>
#include <stddef.h>
#include <stdint.h>
// eventfd(2), whose header isn't in Swift's Glibc module.
#include <sys/eventfd.h>
#include <sys/types.h>

// The general registers in DWARF order (rax rdx rcx rbx rsi rdi rbp rsp r8 … r15 rip), the base of the FS segment, and
// what says whether the thread was in a system call: its number (negative outside of one) and the call's return value
// so far.
struct clinux_registers {
    uint64_t dwarf[17];
    uint64_t thread_pointer;
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
// Where the thread has its rseq(2) area, and how large it is; 0 and 0 where it has none.
int clinux_get_rseq_area(pid_t tid, uint64_t *address, uint32_t *size);

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

// waitid with WNOWAIT: Swift has no safe siginfo_t. Whether a child of the caller's has ended and nobody took note of it.
int clinux_is_ended_child(pid_t pid);

// process_vm_readv of one range. Returns the bytes read, or the negative errno. A partial read is not an error.
ssize_t clinux_read_memory(pid_t pid, uint64_t address, void *buffer, size_t length);

// How openat2(2) resolves a path.
enum clinux_resolution {
    CLINUX_RESOLVE_NO_MAGICLINKS = 0x02,
    CLINUX_RESOLVE_BENEATH = 0x08,
    CLINUX_RESOLVE_IN_ROOT = 0x10,
};

// openat2(2) with O_PATH | O_CLOEXEC and a set of clinux_resolution. Returns a descriptor, or the negative errno.
int clinux_open_handle(int directory, const char *path, uint64_t resolution);

// What a file takes up, in blocks of 512 bytes, and where it is.
struct clinux_file {
    uint64_t inode;
    uint64_t blocks;
    uint32_t device_major;
    uint32_t device_minor;
    uint32_t links;
};
// statx(2) with AT_STATX_DONT_SYNC: what the kernel knows, without a question to a remote or user-space file system.
// Returns 0, or errno.
int clinux_status_as_known(int directory, const char *path, struct clinux_file *out);

// Whether two processes have one address space: kcmp(2) with KCMP_VM. Returns 1 or 0, or the negative errno.
int clinux_share_memory(pid_t first, pid_t second);

// fstatfs(2), whose header isn't in Swift's Glibc module: the lower 32 bits of f_type. Returns 0, or -1 and sets errno.
int clinux_file_system_type(int file, uint32_t *type);

// O_PATH, which <fcntl.h> hides from Swift.
enum { CLINUX_O_PATH = 010000000 };

// getdents64(2). Returns the bytes of records written to `buffer`, 0 at the end, or the negative errno.
ssize_t clinux_list_directory(int directory, void *buffer, size_t length);

// prlimit(2) of RLIMIT_NOFILE, which <sys/resource.h> hides from Swift. Returns 0 or an errno.
int clinux_set_descriptor_limit(pid_t pid, unsigned long soft, unsigned long hard);

// sched_getcpu(3), which <sched.h> hides from Swift.
int clinux_current_processor(void);

// A set of CPUs as sched_setaffinity(2) takes it, on hosts with up to 1,024 of them.
struct clinux_processors {
    unsigned long bits[16];
};

// The CPUs that the calling thread may use. Both return 0 or an errno.
int clinux_get_processors(struct clinux_processors *out);
int clinux_set_processors(const struct clinux_processors *processors);

int clinux_has_processor(struct clinux_processors processors, unsigned processor);
struct clinux_processors clinux_only_processor(unsigned processor);

// prctl(2) PR_SET_NAME of the calling thread; the kernel keeps 15 bytes.
void clinux_name_thread(const char *name);

// prctl(2) PR_SET_TIMERSLACK for the calling thread, in nanoseconds.
void clinux_set_timer_slack(unsigned long nanoseconds);

// SCHED_RESET_ON_FORK, which <sched.h> hides from Swift.
enum { CLINUX_SCHED_RESET_ON_FORK = 0x40000000 };

// Whether the signal is ignored: Swift can't compare the functions that sigaction(2) gives. 0 where it can't be asked.
int clinux_ignores_signal(int signal);

// Who a started program is, when not who Sonde is.
struct clinux_identity {
    uid_t user;
    gid_t group;
    size_t group_count;
    const gid_t *groups;
};

struct clinux_program {
    // Both end in NULL; the first argument is looked up by PATH.
    char *const *arguments;
    char *const *environment;
    // NULL: the program runs as Sonde does.
    const struct clinux_identity *identity;
    // Whether SIGPIPE gets back its default action, which Sonde has changed.
    int resets_pipe_signal;
    // What Sonde's own parent had blocked.
    sigset_t blocked_signals;
};

// Why a started program doesn't run.
struct clinux_program_failure {
    // 0: exec failed. 1: the identity could not be taken.
    int stage;
    int error;
};

// Forks a child that waits until a byte can be read from its gate, then takes its identity and execs the program.
// Returns 0 or an errno. *gate: write one byte to release the child, close to make it exit.
// *failure: reads a clinux_program_failure when exec failed, end of file when it succeeded.
int clinux_spawn_gated(const struct clinux_program *program, pid_t *pid, int *gate, int *failure);

// perf_event_open(2): its attributes are bit fields, which Swift can't import; the ring buffer's head and tail need
// atomic accesses to shared memory.
enum clinux_perf_kind {
    // Counts nothing; owns a ring that other events write to.
    CLINUX_PERF_RING_OWNER,
    // A sample after each `period` nanoseconds on a CPU.
    CLINUX_PERF_CPU_CLOCK,
    // A sample at each `period`-th time that the thread leaves its CPU, and a record of each leaving and coming back.
    CLINUX_PERF_CONTEXT_SWITCHES,
    // No sample: records of new names, executed programs and mapped code alone.
    CLINUX_PERF_CHANGES,
};

enum clinux_perf_inheritance {
    CLINUX_PERF_INHERIT_NOTHING,
    // Threads that the thread starts (Linux 5.13).
    CLINUX_PERF_INHERIT_THREADS,
    // Processes that it starts, too.
    CLINUX_PERF_INHERIT_PROCESSES,
};

struct clinux_perf_request {
    enum clinux_perf_kind kind;
    enum clinux_perf_inheritance inheritance;
    uint64_t period;
    // Of the user's stack, copied with each sample.
    uint32_t stack_bytes;
    // The ring's owner wakes its readers when so many bytes wait.
    uint32_t wakeup_bytes;
    int excludes_kernel;
};

// Opens an event on a thread (0: the calling one, -1: whichever) while it is on one CPU. Returns a descriptor, or the
// negative errno.
int clinux_perf_open(const struct clinux_perf_request *request, pid_t tid, int cpu);

// Lets an event write to the ring of another event on the same CPU. Returns 0 or an errno.
int clinux_perf_redirect(int event, int ring_owner);

// Maps the ring of an event, `data_bytes` of data, a power of two. Returns NULL and sets errno when that fails.
void *clinux_perf_map(int event, size_t data_bytes);
void clinux_perf_unmap(void *ring, size_t data_bytes);

// Moves what the kernel has written into `buffer`, which has room for `data_bytes`. Returns the number of bytes.
size_t clinux_perf_drain(void *ring, size_t data_bytes, void *buffer);

// prctl(2), whose wrapper is variadic. Returns its non-negative value, or the negative errno.
long clinux_process_control(int option, unsigned long argument, unsigned long second);

// setresuid(2) and setresgid(2), which <unistd.h> hides from Swift: real, effective and saved id. Both return 0 or an errno.
int clinux_set_user(uid_t user);
int clinux_set_group(gid_t group);

// The calling thread's capability sets, as bits by number: capget(2), capset(2). Both return 0 or an errno.
struct clinux_capabilities {
    uint64_t effective;
    uint64_t permitted;
    uint64_t inheritable;
};
int clinux_get_capabilities(struct clinux_capabilities *out);
int clinux_set_capabilities(struct clinux_capabilities sets);

// close_range(2) of the descriptors from `first` to `last`, both included. Returns 0 or an errno.
int clinux_close_range(unsigned first, unsigned last);

// The version of Landlock's interface that the kernel has, or the negative errno: landlock_create_ruleset(2).
int clinux_landlock_version(void);

// What a ruleset handles, as bits; the layout of struct landlock_ruleset_attr since version 6.
struct clinux_landlock_rights {
    uint64_t file_system;
    uint64_t network;
    uint64_t scoped;
};

// The descriptor of a ruleset that denies all that is handled, or the negative errno.
int clinux_landlock_ruleset(struct clinux_landlock_rights handled);

// Allows rights on a file, or on all below a directory, of which there is a descriptor (O_PATH). Returns 0 or an errno.
int clinux_landlock_allow(int ruleset, int place, uint64_t rights);

// Puts a ruleset in force for the calling thread. Returns 0 or an errno.
int clinux_landlock_restrict(int ruleset);

// malloc.h is not in Swift's Glibc module. How many heaps threads share; and what is free goes back to the system.
void clinux_limit_arenas(int count);
void clinux_trim_heap(void);

// How many descriptors one message can carry; the kernel takes up to 253 (SCM_MAX_FD).
enum { CLINUX_MESSAGE_DESCRIPTORS = 64 };
// One sendmsg(2) of `length` bytes, with descriptors (SCM_RIGHTS). Returns the bytes sent, or the negative errno. Writes to
// a peer that has gone raise no signal.
ssize_t clinux_send(int socket, const void *bytes, size_t length, const int *descriptors, size_t count);
// One recvmsg(2) that doesn't wait where `waits` is 0. *descriptors has room for CLINUX_MESSAGE_DESCRIPTORS; those that
// came with the bytes, *count of them, are close-on-exec. Returns the bytes received, 0 at the end, or the negative errno.
ssize_t clinux_receive(int socket, void *bytes, size_t length, int *descriptors, size_t *count, int waits);

// fork(2), which Swift doesn't import. The child runs `child` and ends by _exit(0). Returns its number, or the negative errno.
// To be called while there is one thread: the child may then do all that its parent may.
pid_t clinux_fork(void (*child)(void *), void *context);

// pidfd_open(2) and pidfd_send_signal(2). Both return a non-negative value, or the negative errno.
int clinux_open_process(pid_t pid);
int clinux_signal_process(int process, int signal);

// Words in memory that two processes share.
uint64_t clinux_load_word(const uint64_t *word);
void clinux_store_word(uint64_t *word, uint64_t value);

// prctl(2) PR_SET_PDEATHSIG: the signal comes when the parent's thread ends. Returns 0 or an errno.
int clinux_end_with_parent(int signal);

// A BPF program on a sampling event, by which the kernel copies more of a thread's memory at the very time of its sample
// (bpf(2); needs CAP_BPF and CAP_PERFMON, or CAP_SYS_ADMIN). Its maps are read and written here only.
enum {
    CLINUX_COPY_STEPS = 3, CLINUX_COPY_OFFSETS = 3, CLINUX_COPY_BYTES = 32 * 1024,
    CLINUX_LISTS = 2, CLINUX_LIST_ELEMENTS = 256, CLINUX_LIST_BYTES = 128, CLINUX_LIST_OFFSETS = 2,
    CLINUX_PATH = CLINUX_LIST_OFFSETS + 1,
    CLINUX_PLACES = 2, CLINUX_PLACE_BYTES = 32,
};

struct clinux_copy_step {
    // Where the first pointer is, or, if it is a place, that pointer itself; each offset is added to the last pointer for the
    // address of the next one.
    uint64_t address;
    uint64_t is_place;
    uint64_t offset_count;
    int64_t offsets[CLINUX_COPY_OFFSETS];
    // From the last pointer to where copying begins.
    int64_t start;
    uint64_t byte_count;
};

// A list whose elements are copied, such as an interpreter's frames.
struct clinux_list_plan {
    // Where the first pointer is, or 0 for no list; offsets are as those of a step.
    uint64_t address;
    uint64_t offset_count;
    uint64_t offsets[CLINUX_LIST_OFFSETS];
    // Where an element has the address of the next one.
    uint64_t next;
    // Of each element, at most CLINUX_LIST_BYTES.
    uint64_t byte_count;
};

struct clinux_copy_plan {
    uint64_t step_count;
    struct clinux_copy_step steps[CLINUX_COPY_STEPS];
    // Of which CLINUX_PLACE_BYTES each are copied; 0 for none.
    uint64_t places[CLINUX_PLACES];
    // The elements of both are CLINUX_LIST_ELEMENTS together.
    struct clinux_list_plan lists[CLINUX_LISTS];
};

struct clinux_copied {
    uint64_t base[CLINUX_COPY_STEPS];
    uint64_t count[CLINUX_COPY_STEPS];
    // 0 where nothing was copied.
    uint64_t places[CLINUX_PLACES];
    unsigned char place_bytes[CLINUX_PLACES][CLINUX_PLACE_BYTES];
    // Where the pointers were that lead to the lists, 0 for none, and what they were.
    uint64_t path_places[CLINUX_LISTS * CLINUX_PATH];
    uint64_t path_pointers[CLINUX_LISTS * CLINUX_PATH];
    uint64_t list_count;
    uint64_t list_base[CLINUX_LIST_ELEMENTS];
};

struct clinux_copies {
    int program;
    int plans;
    void *slots;
};

// 0 or an errno; nothing is open then.
int clinux_copies_open(struct clinux_copies *);
void clinux_copies_close(struct clinux_copies *);
// 0 or an errno.
int clinux_copies_attach(const struct clinux_copies *, int event);
// Sets a thread's plan; NULL removes it. 0 or an errno.
int clinux_copies_set(const struct clinux_copies *, pid_t thread, const struct clinux_copy_plan *);
// The same for the threads of a process that have none.
int clinux_copies_set_process(const struct clinux_copies *, pid_t process, const struct clinux_copy_plan *);
// What was copied of a thread between two times of CLOCK_MONOTONIC, in nanoseconds, one copy right behind the other in
// CLINUX_COPY_STEPS * CLINUX_COPY_BYTES bytes, and then the elements of the lists, CLINUX_LIST_BYTES each: 1, or 0 where
// nothing is kept, or more than one sample's.
int clinux_copies_take(const struct clinux_copies *, pid_t thread, uint64_t earliest, uint64_t latest,
                       struct clinux_copied *, unsigned char *bytes);
