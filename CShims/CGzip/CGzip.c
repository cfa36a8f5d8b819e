#include "CGzip.h"

#include <limits.h>
#include <stdlib.h>
#include <zlib.h>

enum {
    // What deflateInit2 takes for the largest window and a gzip header instead of zlib's own.
    gzip_window_bits = 15 + 16,
    default_memory_level = 8,
};

uint8_t *cgzip_compress(const uint8_t *bytes, size_t count, int level, size_t *length) {
    z_stream stream = {0};
    if (count > UINT_MAX / 2) return NULL;
    if (deflateInit2(&stream, level, Z_DEFLATED, gzip_window_bits, default_memory_level, Z_DEFAULT_STRATEGY)
        != Z_OK)
        return NULL;
    size_t bound = deflateBound(&stream, count);
    uint8_t *output = malloc(bound);
    if (output) {
        stream.next_in = (z_const Bytef *)bytes;
        stream.avail_in = (uInt)count;
        stream.next_out = output;
        stream.avail_out = (uInt)bound;
        if (deflate(&stream, Z_FINISH) == Z_STREAM_END) {
            *length = bound - stream.avail_out;
        } else {
            free(output);
            output = NULL;
        }
    }
    deflateEnd(&stream);
    return output;
}
