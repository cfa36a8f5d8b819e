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

static struct perf_event_attr software_event(uint64_t config, int excludes_kernel) {
    return (struct perf_event_attr){
        .type = PERF_TYPE_SOFTWARE,
        .size = sizeof(struct perf_event_attr),
        .config = config,
        .exclude_kernel = !!excludes_kernel,
        .exclude_hv = 1,
        .use_clockid = 1,
        .clockid = CLOCK_MONOTONIC,
    };
}

static struct perf_event_attr ring_owner(const struct clinux_perf_request *request) {
    struct perf_event_attr attributes = software_event(PERF_COUNT_SW_DUMMY, 1);
    attributes.watermark = 1;
    attributes.wakeup_watermark = request->wakeup_bytes;
    return attributes;
}

// An event whose records bear their thread and time, and tell of new names, executed programs and mapped code.
static struct perf_event_attr reporting_event(uint64_t config, int excludes_kernel) {
    struct perf_event_attr attributes = software_event(config, excludes_kernel);
    attributes.sample_type = PERF_SAMPLE_TID | PERF_SAMPLE_TIME;
    attributes.sample_id_all = 1;
    attributes.mmap = 1;
    attributes.mmap2 = 1;
    attributes.comm = 1;
    attributes.comm_exec = 1;
    return attributes;
}

static struct perf_event_attr sampling_event(const struct clinux_perf_request *request) {
    int switches = request->kind == CLINUX_PERF_CONTEXT_SWITCHES;
    struct perf_event_attr attributes = reporting_event(
        switches ? PERF_COUNT_SW_CONTEXT_SWITCHES : PERF_COUNT_SW_CPU_CLOCK, request->excludes_kernel);
    attributes.sample_period = request->period;
    // With PERF_SAMPLE_PERIOD, a context switch would be sampled whatever the period (perf_swevent_event()).
    attributes.sample_type |= PERF_SAMPLE_CALLCHAIN | PERF_SAMPLE_REGS_USER | PERF_SAMPLE_STACK_USER;
    attributes.inherit = request->inheritance != CLINUX_PERF_INHERIT_NOTHING;
    attributes.inherit_thread = request->inheritance == CLINUX_PERF_INHERIT_THREADS;
    attributes.exclude_idle = 1;
    attributes.exclude_callchain_user = 1;
    attributes.exclude_callchain_kernel = !!request->excludes_kernel;
    attributes.sample_regs_user = USER_REGISTERS;
    attributes.sample_stack_user = request->stack_bytes;
    attributes.task = 1;
    attributes.context_switch = switches;
    return attributes;
}

static struct perf_event_attr attributes_of(const struct clinux_perf_request *request) {
    switch (request->kind) {
    case CLINUX_PERF_RING_OWNER: return ring_owner(request);
    case CLINUX_PERF_CHANGES: return reporting_event(PERF_COUNT_SW_DUMMY, 1);
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
