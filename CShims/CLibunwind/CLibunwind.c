#include "CLibunwind.h"

#include <stdlib.h>
#include <string.h>

int _Ux86_64_dwarf_search_unwind_table(unw_addr_space_t, unw_word_t, unw_dyn_info_t *, unw_proc_info_t *, int, void *);

static void put_unwind_info(unw_addr_space_t space, unw_proc_info_t *info, void *context) {
    (void)space, (void)info, (void)context;
}

static int no_dynamic_info(unw_addr_space_t space, unw_word_t *list, void *context) {
    (void)space, (void)list, (void)context;
    return -UNW_ENOINFO;
}

static int no_float_register(unw_addr_space_t space, unw_regnum_t number, unw_fpreg_t *value, int write,
                             void *context) {
    (void)space, (void)number, (void)value, (void)write, (void)context;
    return -UNW_EBADREG;
}

static int no_resume(unw_addr_space_t space, unw_cursor_t *cursor, void *context) {
    (void)space, (void)cursor, (void)context;
    return -UNW_EINVAL;
}

unw_addr_space_t clibunwind_create_space(clibunwind_find_procedure find, clibunwind_access_memory memory,
                                         clibunwind_access_register reg) {
    unw_accessors_t accessors = {
        .find_proc_info = find,
        .put_unwind_info = put_unwind_info,
        .get_dyn_info_list_addr = no_dynamic_info,
        .access_mem = memory,
        .access_reg = reg,
        .access_fpreg = no_float_register,
        .resume = no_resume,
    };
    unw_addr_space_t space = unw_create_addr_space(&accessors, 0);
    if (space == NULL) return NULL;
    unw_set_caching_policy(space, UNW_CACHE_NONE);
    return space;
}

void clibunwind_destroy_space(unw_addr_space_t space) { unw_destroy_addr_space(space); }

int clibunwind_use_entry(unw_addr_space_t space, unw_word_t ip, unw_word_t table, unw_word_t entry,
                         unw_proc_info_t *info, int need_unwind_info, void *context) {
    unw_dyn_info_t description = {
        .start_ip = 0,
        .end_ip = ~(unw_word_t)0,
        .format = UNW_INFO_FORMAT_REMOTE_TABLE,
        .u.rti = {.segbase = entry, .table_len = 1, .table_data = table},
    };
    return _Ux86_64_dwarf_search_unwind_table(space, ip, &description, info, need_unwind_info, context);
}

int clibunwind_begin(unw_cursor_t *cursor, unw_addr_space_t space, void *context) {
    return unw_init_remote(cursor, space, context);
}

struct search {
    unw_word_t instruction;
    clibunwind_rules *rules;
    int is_found;
};

static int copy_rules(void *token, void *data, size_t size, unw_word_t start, unw_word_t end) {
    struct search *search = token;
    if (search->instruction < start || search->instruction >= end || size > sizeof search->rules->data) return 0;
    memcpy(search->rules->data, data, size);
    search->is_found = 1;
    return 0;
}

int clibunwind_find_rules(unw_cursor_t *cursor, unw_word_t instruction, clibunwind_rules *rules) {
    struct search search = {.instruction = instruction, .rules = rules};
    rules->is_missing = 0;
    rules->is_landmark = 0;
    int result = unw_reg_states_iterate(cursor, copy_rules, &search);
    if (result < 0) return result;
    if (!search.is_found) return -UNW_ENOINFO;
    rules->is_signal_frame = unw_is_signal_frame(cursor) > 0;
    return 0;
}

int clibunwind_apply_rules(unw_cursor_t *cursor, clibunwind_rules *rules) {
    return unw_apply_reg_state(cursor, rules->data);
}

int clibunwind_get_register(unw_cursor_t *cursor, int number, unw_word_t *value) {
    return unw_get_reg(cursor, number, value);
}

int clibunwind_save_location(unw_cursor_t *cursor, int number, unw_word_t *address) {
    unw_save_loc_t location;
    int result = unw_get_save_loc(cursor, number, &location);
    if (result < 0) return result;
    switch (location.type) {
    case UNW_SLT_MEMORY:
        *address = location.u.addr;
        return 1;
    case UNW_SLT_REG:
        return location.u.regnum == number ? 0 : -UNW_EBADREG;
    default:
        return -UNW_EBADREG;
    }
}

int clibunwind_error_bad_register(void) { return -UNW_EBADREG; }
int clibunwind_error_invalid(void) { return -UNW_EINVAL; }

#define TEXT(x) #x
#define VERSION_TEXT(major, minor) TEXT(major) "." TEXT(minor)
const char *clibunwind_version(void) { return VERSION_TEXT(UNW_VERSION_MAJOR, UNW_VERSION_MINOR); }
