#define _GNU_SOURCE
#include "CLinux.h"

#include <errno.h>
#include <linux/bpf.h>
#include <linux/perf_event.h>
#include <stddef.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

// A slot's copy begins at a multiple of it, so that no read of that size meets a second page.
enum { CHUNK = 512, PAGE = 4096, PLANS = 4096, SLOTS = 128, STEPS = CLINUX_COPY_STEPS, COPY = CLINUX_COPY_BYTES };
enum { LISTS = CLINUX_LISTS, PATH = CLINUX_PATH, ELEMENTS = CLINUX_LIST_ELEMENTS, ELEMENT = CLINUX_LIST_BYTES };

struct slot {
    uint64_t sequence; // odd while it is written
    uint64_t time;
    uint64_t thread;
    uint64_t base[STEPS];
    uint64_t count[STEPS];
    uint64_t places[CLINUX_PLACES];
    unsigned char place_bytes[CLINUX_PLACES][CLINUX_PLACE_BYTES];
    uint64_t path_places[LISTS * PATH];
    uint64_t path_pointers[LISTS * PATH];
    uint64_t list_count;
    uint64_t list_base[ELEMENTS];
    unsigned char elements[ELEMENTS][ELEMENT];
    unsigned char bytes[STEPS][COPY];
};

static int bpf(int command, union bpf_attr *attributes) {
    long result = syscall(SYS_bpf, command, attributes, sizeof *attributes);
    return result == -1 ? -errno : (int)result;
}

static int create_map(int type, uint32_t key, uint32_t value, uint32_t entries, uint32_t flags) {
    union bpf_attr attributes;
    memset(&attributes, 0, sizeof attributes);
    attributes.map_type = (uint32_t)type;
    attributes.key_size = key;
    attributes.value_size = value;
    attributes.max_entries = entries;
    attributes.map_flags = flags;
    return bpf(BPF_MAP_CREATE, &attributes);
}

// MARK: The program

struct program {
    struct bpf_insn code[640];
    int count;
    int exits[64]; // jumps to the end
    int exit_count;
};

static int emit(struct program *program, int code, int destination, int source, int offset, int value) {
    program->code[program->count] = (struct bpf_insn){
        .code = (uint8_t)code, .dst_reg = (uint8_t)destination & 15, .src_reg = (uint8_t)source & 15,
        .off = (int16_t)offset, .imm = value,
    };
    return program->count++;
}

enum { R0, R1, R2, R3, R6 = 6, R7, R8, R9, FRAME };
// Below the frame pointer.
enum { THREAD = -4, INDEX = -8, POINTER = -16, PLACE = -24, PROCESS = -28 };
// Of a process among the keys of threads, which are below.
enum { OF_PROCESS = 1 << 30 };

static void move(struct program *p, int to, int from) { emit(p, BPF_ALU64 | BPF_MOV | BPF_X, to, from, 0, 0); }
static void set(struct program *p, int to, int value) { emit(p, BPF_ALU64 | BPF_MOV | BPF_K, to, 0, 0, value); }
static void add(struct program *p, int to, int value) { emit(p, BPF_ALU64 | BPF_ADD | BPF_K, to, 0, 0, value); }
static void add_register(struct program *p, int to, int from) { emit(p, BPF_ALU64 | BPF_ADD | BPF_X, to, from, 0, 0); }
static void load(struct program *p, int to, int from, int offset) { emit(p, BPF_LDX | BPF_MEM | BPF_DW, to, from, offset, 0); }
static void store(struct program *p, int to, int offset, int from) { emit(p, BPF_STX | BPF_MEM | BPF_DW, to, from, offset, 0); }
static void call(struct program *p, int function) { emit(p, BPF_JMP | BPF_CALL, 0, 0, 0, function); }
static void lands_here(struct program *p, int jump) { p->code[jump].off = (int16_t)(p->count - jump - 1); }

static void exit_if_not_zero(struct program *p, int reg) {
    p->exits[p->exit_count++] = emit(p, BPF_JMP | BPF_JNE | BPF_K, reg, 0, 0, 0);
}

// r0 = the value of the key at `key`, or the program ends.
static int look_up(struct program *p, int map, int key) {
    move(p, R2, FRAME);
    add(p, R2, key);
    emit(p, BPF_LD | BPF_IMM | BPF_DW, R1, BPF_PSEUDO_MAP_FD, 0, map);
    emit(p, 0, 0, 0, 0, 0);
    call(p, BPF_FUNC_map_lookup_elem);
    return emit(p, BPF_JMP | BPF_JEQ | BPF_K, R0, 0, 0, 0);
}

// POINTER = the word at r3; r0 is not 0 where it can't be read.
static void read_word(struct program *p) {
    move(p, R1, FRAME);
    add(p, R1, POINTER);
    set(p, R2, 8);
    call(p, BPF_FUNC_probe_read_user);
}

// The same, or the copies end.
static void read_pointer(struct program *p) {
    read_word(p);
    exit_if_not_zero(p, R0);
}

// r9 = the start of the next page, where its own page can't be read: a thread has never used what is in it.
static void skip_unused_page(struct program *p) {
    move(p, R3, R9);
    read_word(p);
    int is_readable = emit(p, BPF_JMP | BPF_JEQ | BPF_K, R0, 0, 0, 0);
    emit(p, BPF_ALU64 | BPF_OR | BPF_K, R9, 0, 0, PAGE - 1);
    add(p, R9, 1);
    lands_here(p, is_readable);
}

// r7 is the plan, r8 the slot.
static void copy_step(struct program *p, int number) {
    int step = (int)offsetof(struct clinux_copy_plan, steps) + number * (int)sizeof(struct clinux_copy_step);
    int base = (int)offsetof(struct slot, base) + 8 * number, count = (int)offsetof(struct slot, count) + 8 * number;
    load(p, R1, R7, offsetof(struct clinux_copy_plan, step_count));
    p->exits[p->exit_count++] = emit(p, BPF_JMP | BPF_JLE | BPF_K, R1, 0, 0, number);
    load(p, R3, R7, step + (int)offsetof(struct clinux_copy_step, address));
    store(p, FRAME, POINTER, R3);
    load(p, R1, R7, step + (int)offsetof(struct clinux_copy_step, is_place));
    int is_place = emit(p, BPF_JMP | BPF_JNE | BPF_K, R1, 0, 0, 0);
    read_pointer(p);
    lands_here(p, is_place);
    int ends[CLINUX_COPY_OFFSETS];
    for (int index = 0; index < CLINUX_COPY_OFFSETS; index++) {
        load(p, R1, R7, step + (int)offsetof(struct clinux_copy_step, offset_count));
        ends[index] = emit(p, BPF_JMP | BPF_JLE | BPF_K, R1, 0, 0, index);
        load(p, R3, FRAME, POINTER);
        load(p, R1, R7, step + (int)offsetof(struct clinux_copy_step, offsets) + 8 * index);
        add_register(p, R3, R1);
        read_pointer(p);
    }
    for (int index = 0; index < CLINUX_COPY_OFFSETS; index++) lands_here(p, ends[index]);
    load(p, R9, FRAME, POINTER);
    load(p, R1, R7, step + (int)offsetof(struct clinux_copy_step, start));
    add_register(p, R9, R1);
    emit(p, BPF_ALU64 | BPF_AND | BPF_K, R9, 0, 0, -CHUNK);
    skip_unused_page(p);
    store(p, R8, base, R9);
    set(p, R6, 0);
    int again = p->count;
    load(p, R1, R7, step + (int)offsetof(struct clinux_copy_step, byte_count));
    int is_enough = emit(p, BPF_JMP | BPF_JGE | BPF_X, R6, R1, 0, 0);
    int is_full = emit(p, BPF_JMP | BPF_JGE | BPF_K, R6, 0, 0, COPY);
    move(p, R1, R8);
    add(p, R1, (int)offsetof(struct slot, bytes) + number * COPY);
    add_register(p, R1, R6);
    set(p, R2, CHUNK);
    move(p, R3, R9);
    add_register(p, R3, R6);
    call(p, BPF_FUNC_probe_read_user);
    int is_over = emit(p, BPF_JMP | BPF_JNE | BPF_K, R0, 0, 0, 0);
    add(p, R6, CHUNK);
    store(p, R8, count, R6);
    emit(p, BPF_JMP | BPF_JA, 0, 0, again - p->count - 1, 0);
    lands_here(p, is_enough);
    lands_here(p, is_full);
    lands_here(p, is_over);
}

// POINTER = the word at r3, which is kept as a list's path, or the copies end. r8 is the slot.
static void follow_path(struct program *p, int number) {
    store(p, FRAME, PLACE, R3);
    read_pointer(p);
    load(p, R1, FRAME, PLACE);
    store(p, R8, (int)offsetof(struct slot, path_places) + 8 * number, R1);
    load(p, R1, FRAME, POINTER);
    store(p, R8, (int)offsetof(struct slot, path_pointers) + 8 * number, R1);
}

// r1 = the address of a field of the slot's element number r6.
static void point_at_element(struct program *p, int field, int size) {
    move(p, R1, R6);
    emit(p, BPF_ALU64 | BPF_MUL | BPF_K, R1, 0, 0, size);
    add_register(p, R1, R8);
    add(p, R1, field);
}

// r7 is the plan, r8 the slot.
static void copy_place(struct program *p, int number) {
    load(p, R3, R7, (int)offsetof(struct clinux_copy_plan, places) + 8 * number);
    int is_none = emit(p, BPF_JMP | BPF_JEQ | BPF_K, R3, 0, 0, 0);
    move(p, R1, R8);
    add(p, R1, (int)offsetof(struct slot, place_bytes) + number * CLINUX_PLACE_BYTES);
    set(p, R2, CLINUX_PLACE_BYTES);
    call(p, BPF_FUNC_probe_read_user);
    int is_unreadable = emit(p, BPF_JMP | BPF_JNE | BPF_K, R0, 0, 0, 0);
    load(p, R1, R7, (int)offsetof(struct clinux_copy_plan, places) + 8 * number);
    store(p, R8, (int)offsetof(struct slot, places) + 8 * number, R1);
    lands_here(p, is_none);
    lands_here(p, is_unreadable);
}

// Copies the elements of one of the plan's lists behind those of the one before. r7 is the plan, r8 the slot.
static void copy_list(struct program *p, int number) {
    int list = (int)offsetof(struct clinux_copy_plan, lists) + number * (int)sizeof(struct clinux_list_plan);
    load(p, R3, R7, list + (int)offsetof(struct clinux_list_plan, address));
    int is_none = emit(p, BPF_JMP | BPF_JEQ | BPF_K, R3, 0, 0, 0);
    follow_path(p, number * PATH);
    int ends[CLINUX_LIST_OFFSETS];
    for (int index = 0; index < CLINUX_LIST_OFFSETS; index++) {
        load(p, R1, R7, list + (int)offsetof(struct clinux_list_plan, offset_count));
        ends[index] = emit(p, BPF_JMP | BPF_JLE | BPF_K, R1, 0, 0, index);
        load(p, R3, FRAME, POINTER);
        load(p, R1, R7, list + (int)offsetof(struct clinux_list_plan, offsets) + 8 * index);
        add_register(p, R3, R1);
        follow_path(p, number * PATH + index + 1);
    }
    for (int index = 0; index < CLINUX_LIST_OFFSETS; index++) lands_here(p, ends[index]);
    load(p, R6, R8, offsetof(struct slot, list_count));
    int again = p->count;
    int is_full = emit(p, BPF_JMP | BPF_JGE | BPF_K, R6, 0, 0, ELEMENTS);
    load(p, R9, FRAME, POINTER);
    int is_last = emit(p, BPF_JMP | BPF_JEQ | BPF_K, R9, 0, 0, 0);
    point_at_element(p, (int)offsetof(struct slot, list_base), 8);
    store(p, R1, 0, R9);
    point_at_element(p, (int)offsetof(struct slot, elements), ELEMENT);
    load(p, R2, R7, list + (int)offsetof(struct clinux_list_plan, byte_count));
    int is_too_large = emit(p, BPF_JMP | BPF_JGT | BPF_K, R2, 0, 0, ELEMENT);
    move(p, R3, R9);
    call(p, BPF_FUNC_probe_read_user);
    int is_unreadable = emit(p, BPF_JMP | BPF_JNE | BPF_K, R0, 0, 0, 0);
    add(p, R6, 1);
    store(p, R8, offsetof(struct slot, list_count), R6);
    load(p, R3, R7, list + (int)offsetof(struct clinux_list_plan, next));
    add_register(p, R3, R9);
    read_pointer(p);
    emit(p, BPF_JMP | BPF_JA, 0, 0, again - p->count - 1, 0);
    lands_here(p, is_none);
    lands_here(p, is_full);
    lands_here(p, is_last);
    lands_here(p, is_too_large);
    lands_here(p, is_unreadable);
}

static void land_exits(struct program *p) {
    for (int index = 0; index < p->exit_count; index++) lands_here(p, p->exits[index]);
    p->exit_count = 0;
}

static void count_sequence(struct program *p) {
    load(p, R1, R8, offsetof(struct slot, sequence));
    add(p, R1, 1);
    store(p, R8, offsetof(struct slot, sequence), R1);
}

static void write_program(struct program *p, int plans, int counter, int slots) {
    call(p, BPF_FUNC_get_current_pid_tgid);
    emit(p, BPF_STX | BPF_MEM | BPF_W, FRAME, R0, THREAD, 0);
    emit(p, BPF_ALU64 | BPF_RSH | BPF_K, R0, 0, 0, 32);
    emit(p, BPF_ALU64 | BPF_OR | BPF_K, R0, 0, 0, OF_PROCESS);
    emit(p, BPF_STX | BPF_MEM | BPF_W, FRAME, R0, PROCESS, 0);
    int has_no_own_plan = look_up(p, plans, THREAD);
    int has_own_plan = emit(p, BPF_JMP | BPF_JA, 0, 0, 0, 0);
    lands_here(p, has_no_own_plan);
    int has_no_plan = look_up(p, plans, PROCESS);
    lands_here(p, has_own_plan);
    move(p, R7, R0);
    emit(p, BPF_ST | BPF_MEM | BPF_W, FRAME, 0, INDEX, 0);
    int has_no_counter = look_up(p, counter, INDEX);
    set(p, R1, 1);
    emit(p, BPF_STX | BPF_ATOMIC | BPF_DW, R0, R1, 0, BPF_ADD | BPF_FETCH);
    emit(p, BPF_ALU64 | BPF_AND | BPF_K, R1, 0, 0, SLOTS - 1);
    emit(p, BPF_STX | BPF_MEM | BPF_W, FRAME, R1, INDEX, 0);
    int has_no_slot = look_up(p, slots, INDEX);
    move(p, R8, R0);
    count_sequence(p);
    call(p, BPF_FUNC_ktime_get_ns);
    store(p, R8, offsetof(struct slot, time), R0);
    emit(p, BPF_LDX | BPF_MEM | BPF_W, R1, FRAME, THREAD, 0);
    store(p, R8, offsetof(struct slot, thread), R1);
    for (int number = 0; number < STEPS; number++)
        emit(p, BPF_ST | BPF_MEM | BPF_DW, R8, 0, (int)offsetof(struct slot, count) + 8 * number, 0);
    for (int number = 0; number < CLINUX_PLACES; number++)
        emit(p, BPF_ST | BPF_MEM | BPF_DW, R8, 0, (int)offsetof(struct slot, places) + 8 * number, 0);
    for (int number = 0; number < LISTS * PATH; number++)
        emit(p, BPF_ST | BPF_MEM | BPF_DW, R8, 0, (int)offsetof(struct slot, path_places) + 8 * number, 0);
    emit(p, BPF_ST | BPF_MEM | BPF_DW, R8, 0, (int)offsetof(struct slot, list_count), 0);
    for (int number = 0; number < STEPS; number++) copy_step(p, number);
    land_exits(p);
    for (int number = 0; number < CLINUX_PLACES; number++) copy_place(p, number);
    for (int number = 0; number < LISTS; number++) {
        copy_list(p, number);
        land_exits(p);
    }
    count_sequence(p);
    lands_here(p, has_no_plan);
    lands_here(p, has_no_counter);
    lands_here(p, has_no_slot);
    // Zero would discard the sample.
    set(p, R0, 1);
    emit(p, BPF_JMP | BPF_EXIT, 0, 0, 0, 0);
}

static int load_program(int plans, int counter, int slots) {
    struct program program = {0};
    write_program(&program, plans, counter, slots);
    union bpf_attr attributes;
    memset(&attributes, 0, sizeof attributes);
    attributes.prog_type = BPF_PROG_TYPE_PERF_EVENT;
    attributes.insns = (uint64_t)(uintptr_t)program.code;
    attributes.insn_cnt = (uint32_t)program.count;
    attributes.license = (uint64_t)(uintptr_t) "Dual BSD/GPL";
    return bpf(BPF_PROG_LOAD, &attributes);
}

// MARK: Its owner

static size_t slot_bytes(void) {
    size_t page = (size_t)sysconf(_SC_PAGESIZE);
    return (SLOTS * sizeof(struct slot) + page - 1) / page * page;
}

// The program knows threads by the host's numbers: the inode of the first PID namespace is fixed (linux/proc_ns.h).
static int has_hosts_numbers(void) {
    struct stat status;
    return stat("/proc/self/ns/pid", &status) == 0 && status.st_ino == 0xeffffffc;
}

int clinux_copies_open(struct clinux_copies *copies) {
    *copies = (struct clinux_copies){-1, -1, NULL};
    if (!has_hosts_numbers()) return EPERM;
    int counter = create_map(BPF_MAP_TYPE_ARRAY, 4, 8, 1, 0);
    int slots = create_map(BPF_MAP_TYPE_ARRAY, 4, sizeof(struct slot), SLOTS, BPF_F_MMAPABLE);
    copies->plans = create_map(BPF_MAP_TYPE_HASH, 4, sizeof(struct clinux_copy_plan), PLANS, 0);
    int failure = counter < 0 ? -counter : slots < 0 ? -slots : copies->plans < 0 ? -copies->plans : 0;
    if (failure == 0) {
        copies->program = load_program(copies->plans, counter, slots);
        if (copies->program < 0) failure = -copies->program;
    }
    if (failure == 0) {
        void *memory = mmap(NULL, slot_bytes(), PROT_READ, MAP_SHARED, slots, 0);
        if (memory == MAP_FAILED) failure = errno;
        else copies->slots = memory;
    }
    // The program and the mapping keep what they need.
    if (counter >= 0) close(counter);
    if (slots >= 0) close(slots);
    if (failure != 0) clinux_copies_close(copies);
    return failure;
}

void clinux_copies_close(struct clinux_copies *copies) {
    if (copies->slots != NULL) munmap(copies->slots, slot_bytes());
    if (copies->program >= 0) close(copies->program);
    if (copies->plans >= 0) close(copies->plans);
    *copies = (struct clinux_copies){-1, -1, NULL};
}

int clinux_copies_attach(const struct clinux_copies *copies, int event) {
    return ioctl(event, PERF_EVENT_IOC_SET_BPF, copies->program) == -1 ? errno : 0;
}

static int set_plan(const struct clinux_copies *copies, uint32_t key, const struct clinux_copy_plan *plan) {
    union bpf_attr attributes;
    memset(&attributes, 0, sizeof attributes);
    attributes.map_fd = (uint32_t)copies->plans;
    attributes.key = (uint64_t)(uintptr_t)&key;
    attributes.value = (uint64_t)(uintptr_t)plan;
    attributes.flags = BPF_ANY;
    int result = bpf(plan == NULL ? BPF_MAP_DELETE_ELEM : BPF_MAP_UPDATE_ELEM, &attributes);
    return result < 0 ? -result : 0;
}

int clinux_copies_set(const struct clinux_copies *copies, pid_t thread, const struct clinux_copy_plan *plan) {
    return set_plan(copies, (uint32_t)thread, plan);
}

int clinux_copies_set_process(const struct clinux_copies *copies, pid_t process, const struct clinux_copy_plan *plan) {
    return set_plan(copies, (uint32_t)process | OF_PROCESS, plan);
}

static int copy_slot(const struct slot *slot, uint64_t sequence, struct clinux_copied *copied, unsigned char *bytes) {
    size_t used = 0;
    for (int number = 0; number < STEPS; number++) {
        uint64_t count = slot->count[number] <= COPY ? slot->count[number] : 0;
        copied->base[number] = slot->base[number];
        copied->count[number] = count;
        memcpy(bytes + used, slot->bytes[number], count);
        used += count;
    }
    uint64_t elements = slot->list_count <= ELEMENTS ? slot->list_count : 0;
    memcpy(copied->places, slot->places, sizeof slot->places);
    memcpy(copied->place_bytes, slot->place_bytes, sizeof slot->place_bytes);
    memcpy(copied->path_places, slot->path_places, sizeof slot->path_places);
    memcpy(copied->path_pointers, slot->path_pointers, sizeof slot->path_pointers);
    copied->list_count = elements;
    memcpy(copied->list_base, slot->list_base, elements * sizeof slot->list_base[0]);
    memcpy(bytes + used, slot->elements, elements * ELEMENT);
    __atomic_thread_fence(__ATOMIC_ACQUIRE);
    return __atomic_load_n(&slot->sequence, __ATOMIC_RELAXED) == sequence;
}

int clinux_copies_take(const struct clinux_copies *copies, pid_t thread, uint64_t earliest, uint64_t latest,
                       struct clinux_copied *copied, unsigned char *bytes) {
    const struct slot *slots = copies->slots, *found = NULL;
    uint64_t found_sequence = 0;
    for (int index = 0; index < SLOTS; index++) {
        uint64_t sequence = __atomic_load_n(&slots[index].sequence, __ATOMIC_ACQUIRE);
        uint64_t time = slots[index].time;
        if (sequence % 2 != 0 || slots[index].thread != (uint64_t)thread || time < earliest || time > latest) continue;
        if (found != NULL) return 0;
        found = slots + index;
        found_sequence = sequence;
    }
    return found != NULL && copy_slot(found, found_sequence, copied, bytes);
}
