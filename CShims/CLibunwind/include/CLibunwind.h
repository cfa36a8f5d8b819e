// libunwind's remote API for x86-64. Its names are macros (unw_step is _Ux86_64_step), which Swift can't import, and the
// lookup in an unwind table is exported but declared nowhere.
#pragma once

#include <libunwind-x86_64.h>
#include <stddef.h>

// The call-backs that one address space is served by; `context` is what clibunwind_begin was given.
// Each returns 0 or a negative unw_error_t.
typedef int (*clibunwind_find_procedure)(unw_addr_space_t, unw_word_t ip, unw_proc_info_t *, int, void *context);
typedef int (*clibunwind_access_memory)(unw_addr_space_t, unw_word_t address, unw_word_t *, int, void *context);
typedef int (*clibunwind_access_register)(unw_addr_space_t, unw_regnum_t, unw_word_t *, int, void *context);

// An address space without a cache: libunwind's own costs two system calls a step. NULL when memory is short.
unw_addr_space_t clibunwind_create_space(clibunwind_find_procedure, clibunwind_access_memory,
                                         clibunwind_access_register);
void clibunwind_destroy_space(unw_addr_space_t);

// Fills `info` from the one frame description entry at `entry`, as .eh_frame has it, which memory call-backs serve.
// `table` is the address of eight bytes that they serve: INT32_MIN and 0.
int clibunwind_use_entry(unw_addr_space_t, unw_word_t ip, unw_word_t table, unw_word_t entry, unw_proc_info_t *info,
                         int need_unwind_info, void *context);

int clibunwind_begin(unw_cursor_t *, unw_addr_space_t, void *context);

// How to get from the frame of one instruction to its caller's, for any stack.
typedef struct {
    // libunwind's struct dwarf_reg_state, which has 184 bytes in version 1.6 and is opaque to us.
    _Alignas(16) unsigned char data[256];
    // The frame is a signal frame, so that its caller's instruction was interrupted and is not calling.
    int is_signal_frame;
    // No call frame information was found, and `data` means nothing. Set by the caller of clibunwind_find_rules.
    int is_missing;
    // The stack ends or is switched at a call that ends here. Set by the caller, too: clibunwind_find_rules clears both.
    int is_landmark;
} clibunwind_rules;

// Finds the rules for an instruction by the call-backs. Leaves the cursor where it is.
int clibunwind_find_rules(unw_cursor_t *, unw_word_t instruction, clibunwind_rules *);
// Goes to the caller. 1, or 0 at the outermost frame, whose return address is undefined, or a negative unw_error_t.
int clibunwind_apply_rules(unw_cursor_t *, clibunwind_rules *);
int clibunwind_get_register(unw_cursor_t *, int number, unw_word_t *);
// Where a register that calls preserve is kept: 1 and the address, or 0 where it still has its value; else negative.
int clibunwind_save_location(unw_cursor_t *, int number, unw_word_t *address);

int clibunwind_error_bad_register(void);
int clibunwind_error_invalid(void);

// "1.6": the version of the headers that this was compiled with.
const char *clibunwind_version(void);
