#include "CElf.h"

#include <isa-l/igzip_lib.h>
#include <stdlib.h>

struct celf_inflater {
    struct inflate_state state;
};

struct celf_inflater *celf_inflater_create(void) {
    struct celf_inflater *inflater = calloc(1, sizeof *inflater);
    if (!inflater) return NULL;
    isal_inflate_init(&inflater->state);
    inflater->state.crc_flag = ISAL_ZLIB;
    return inflater;
}

enum celf_inflated celf_inflate(
    struct celf_inflater *inflater, const uint8_t *input, uint32_t *input_count, uint8_t *output,
    uint32_t *output_count) {
    struct inflate_state *state = &inflater->state;
    // ISA-L reads the input only; its type isn't const.
    state->next_in = (uint8_t *)input;
    state->avail_in = *input_count;
    state->next_out = output;
    state->avail_out = *output_count;
    int result = isal_inflate(state);
    *input_count -= state->avail_in;
    *output_count -= state->avail_out;
    if (result < 0) return celf_inflate_damaged;
    return state->block_state == ISAL_BLOCK_FINISH ? celf_inflate_complete : celf_inflate_unfinished;
}
