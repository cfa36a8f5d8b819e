// libseccomp, which Swift imports but for macros with arguments.
#pragma once

#include <seccomp.h>
#include <stdint.h>

// SCMP_ACT_ERRNO is a macro with an argument.
uint32_t cseccomp_errno_action(uint16_t error);
