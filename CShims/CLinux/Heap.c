#include <malloc.h>

#include "CLinux.h"

void clinux_limit_arenas(int count) { mallopt(M_ARENA_MAX, count); }

void clinux_trim_heap(void) { malloc_trim(0); }
