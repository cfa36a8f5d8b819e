#include "CSeccomp.h"

uint32_t cseccomp_errno_action(uint16_t error) { return SCMP_ACT_ERRNO(error); }
