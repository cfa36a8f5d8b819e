#define _GNU_SOURCE
#include "CLinux.h"

#include <errno.h>
#include <linux/capability.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

static int result(long value) { return value == -1 ? errno : 0; }

long clinux_process_control(int option, unsigned long argument, unsigned long second) {
    long value = prctl(option, argument, second, 0UL, 0UL);
    return value == -1 ? -errno : value;
}

int clinux_set_user(uid_t user) { return result(setresuid(user, user, user)); }

int clinux_set_group(gid_t group) { return result(setresgid(group, group, group)); }

int clinux_get_capabilities(struct clinux_capabilities *out) {
    struct __user_cap_header_struct header = {_LINUX_CAPABILITY_VERSION_3, 0};
    struct __user_cap_data_struct halves[2];
    if (syscall(SYS_capget, &header, halves) == -1) return errno;
    *out = (struct clinux_capabilities){
        .effective = halves[0].effective | (uint64_t)halves[1].effective << 32,
        .permitted = halves[0].permitted | (uint64_t)halves[1].permitted << 32,
        .inheritable = halves[0].inheritable | (uint64_t)halves[1].inheritable << 32,
    };
    return 0;
}

int clinux_set_capabilities(struct clinux_capabilities sets) {
    struct __user_cap_header_struct header = {_LINUX_CAPABILITY_VERSION_3, 0};
    struct __user_cap_data_struct halves[2] = {
        {(uint32_t)sets.effective, (uint32_t)sets.permitted, (uint32_t)sets.inheritable},
        {(uint32_t)(sets.effective >> 32), (uint32_t)(sets.permitted >> 32), (uint32_t)(sets.inheritable >> 32)},
    };
    return result(syscall(SYS_capset, &header, halves));
}

int clinux_close_range(unsigned first, unsigned last) { return result(syscall(SYS_close_range, first, last, 0)); }

// Numbers and flags of linux/landlock.h, which older headers lack: they are the same on all architectures.
enum { CREATE_RULESET = 444, ADD_RULE = 445, RESTRICT_SELF = 446, RULESET_VERSION = 1, RULE_PATH_BENEATH = 1 };

int clinux_landlock_version(void) {
    long version = syscall(CREATE_RULESET, NULL, 0, RULESET_VERSION);
    return version == -1 ? -errno : (int)version;
}

int clinux_landlock_ruleset(struct clinux_landlock_rights handled) {
    long ruleset = syscall(CREATE_RULESET, &handled, sizeof handled, 0);
    return ruleset == -1 ? -errno : (int)ruleset;
}

int clinux_landlock_allow(int ruleset, int place, uint64_t rights) {
    struct __attribute__((packed)) {
        uint64_t allowed_access;
        int32_t parent_fd;
    } rule = {rights, place};
    return result(syscall(ADD_RULE, ruleset, RULE_PATH_BENEATH, &rule, 0));
}

int clinux_landlock_restrict(int ruleset) { return result(syscall(RESTRICT_SELF, ruleset, 0)); }
