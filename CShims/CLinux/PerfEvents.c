#define _GNU_SOURCE
#include "CLinux.h"

#include <errno.h>
#include <linux/perf_event.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

// rax rbx rcx rdx rsi rdi rbp rsp rip and r8 to r15, by their numbers in <asm/perf_regs.h>.
enum { USER_REGISTERS = 0xff01ff };

static struct perf_event_attr ring_owner(const struct clinux_perf_request *request) {
    return (struct perf_event_attr){
        .type = PERF_TYPE_SOFTWARE,
        .size = sizeof(struct perf_event_attr),
        .config = PERF_COUNT_SW_DUMMY,
        .exclude_kernel = 1,
        .exclude_hv = 1,
        .use_clockid = 1,
        .clockid = CLOCK_MONOTONIC,
        .watermark = 1,
        .wakeup_watermark = request->wakeup_bytes,
    };
}

static struct perf_event_attr sampling_event(const struct clinux_perf_request *request) {
    int switches = request->kind == CLINUX_PERF_CONTEXT_SWITCHES;
    return (struct perf_event_attr){
        .type = PERF_TYPE_SOFTWARE,
        .size = sizeof(struct perf_event_attr),
        .config = switches ? PERF_COUNT_SW_CONTEXT_SWITCHES : PERF_COUNT_SW_CPU_CLOCK,
        .sample_period = request->period,
        // With PERF_SAMPLE_PERIOD, a context switch would be sampled whatever the period (perf_swevent_event()).
        .sample_type = PERF_SAMPLE_TID | PERF_SAMPLE_TIME | PERF_SAMPLE_CALLCHAIN | PERF_SAMPLE_REGS_USER |
                       PERF_SAMPLE_STACK_USER,
        .inherit = request->inheritance != CLINUX_PERF_INHERIT_NOTHING,
        .inherit_thread = request->inheritance == CLINUX_PERF_INHERIT_THREADS,
        .exclude_kernel = !!request->excludes_kernel,
        .exclude_hv = 1,
        .exclude_idle = 1,
        .exclude_callchain_user = 1,
        .exclude_callchain_kernel = !!request->excludes_kernel,
        .sample_regs_user = USER_REGISTERS,
        .sample_stack_user = request->stack_bytes,
        .sample_id_all = 1,
        .use_clockid = 1,
        .clockid = CLOCK_MONOTONIC,
        .mmap = 1,
        .mmap2 = 1,
        .comm = 1,
        .comm_exec = 1,
        .task = 1,
        .context_switch = switches,
    };
}

static struct perf_event_attr change_event(void) {
    return (struct perf_event_attr){
        .type = PERF_TYPE_SOFTWARE,
        .size = sizeof(struct perf_event_attr),
        .config = PERF_COUNT_SW_DUMMY,
        .sample_type = PERF_SAMPLE_TID | PERF_SAMPLE_TIME,
        .exclude_kernel = 1,
        .exclude_hv = 1,
        .sample_id_all = 1,
        .use_clockid = 1,
        .clockid = CLOCK_MONOTONIC,
        .mmap = 1,
        .mmap2 = 1,
        .comm = 1,
        .comm_exec = 1,
    };
}

static struct perf_event_attr attributes_of(const struct clinux_perf_request *request) {
    switch (request->kind) {
    case CLINUX_PERF_RING_OWNER: return ring_owner(request);
    case CLINUX_PERF_CHANGES: return change_event();
    default: return sampling_event(request);
    }
}

int clinux_perf_open(const struct clinux_perf_request *request, pid_t tid, int cpu) {
    struct perf_event_attr attributes = attributes_of(request);
    long descriptor = syscall(SYS_perf_event_open, &attributes, tid, cpu, -1, PERF_FLAG_FD_CLOEXEC);
    return descriptor == -1 ? -errno : (int)descriptor;
}

int clinux_perf_redirect(int event, int ring_owner) {
    return ioctl(event, PERF_EVENT_IOC_SET_OUTPUT, ring_owner) == -1 ? errno : 0;
}

static size_t mapped_bytes(size_t data_bytes) { return (size_t)sysconf(_SC_PAGESIZE) + data_bytes; }

void *clinux_perf_map(int event, size_t data_bytes) {
    void *ring = mmap(NULL, mapped_bytes(data_bytes), PROT_READ | PROT_WRITE, MAP_SHARED, event, 0);
    return ring == MAP_FAILED ? NULL : ring;
}

void clinux_perf_unmap(void *ring, size_t data_bytes) { munmap(ring, mapped_bytes(data_bytes)); }

size_t clinux_perf_drain(void *ring, size_t data_bytes, void *buffer) {
    struct perf_event_mmap_page *page = ring;
    const char *data = (const char *)ring + sysconf(_SC_PAGESIZE);
    uint64_t head = __atomic_load_n(&page->data_head, __ATOMIC_ACQUIRE);
    uint64_t tail = page->data_tail;
    size_t count = head - tail < data_bytes ? (size_t)(head - tail) : data_bytes;
    size_t start = (size_t)(tail % data_bytes);
    size_t first = count < data_bytes - start ? count : data_bytes - start;
    memcpy(buffer, data + start, first);
    memcpy((char *)buffer + first, data, count - first);
    __atomic_store_n(&page->data_tail, tail + count, __ATOMIC_RELEASE);
    return count;
}
