#include "CLinux.h"

#include <errno.h>
#include <linux/capability.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

int clinux_restrict_privileges(uint64_t keep) {
    // Dropping from the bounding set takes CAP_SETPCAP; who lacks it gains nothing from the set, by no_new_privs.
    for (int number = 0; number < 64; number++)
        if (!(keep >> number & 1)) prctl(PR_CAPBSET_DROP, number, 0, 0, 0);
    struct __user_cap_header_struct header = {_LINUX_CAPABILITY_VERSION_3, 0};
    struct __user_cap_data_struct sets[2];
    if (syscall(SYS_capget, &header, sets) == -1) return errno;
    for (int half = 0; half < 2; half++) {
        sets[half].permitted &= (uint32_t)(keep >> (32 * half));
        sets[half].effective = sets[half].permitted;
        sets[half].inheritable = 0;
    }
    // The ambient set follows the inheritable one: capabilities(7).
    if (syscall(SYS_capset, &header, sets) == -1) return errno;
    return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == -1 ? errno : 0;
}
