#include "CGzip.h"

#include <limits.h>
#include <stdlib.h>
#include <zlib.h>

enum {
    // What deflateInit2 takes for the largest window and a gzip header instead of zlib's own.
    gzip_window_bits = 15 + 16,
    default_memory_level = 8,
    first_capacity = 1 << 16,
    // zlib counts what it takes at once in unsigned ints.
    largest_piece = 1 << 30,
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

static size_t smaller(size_t left, size_t right) { return left < right ? left : right; }

// Makes room for more content behind what there is, up to one byte above the limit: it shows that there is too much.
static enum cgzip_result grow(uint8_t **content, size_t *capacity, size_t limit) {
    if (*capacity > limit) return cgzip_too_large;
    size_t wanted = *capacity == 0 ? first_capacity : *capacity * 2;
    wanted = smaller(wanted, limit + 1);
    uint8_t *larger = realloc(*content, wanted);
    if (!larger) return cgzip_no_memory;
    *content = larger;
    *capacity = wanted;
    return cgzip_complete;
}

// Inflates until the file ends at the end of a member.
static enum cgzip_result inflate_members(
    z_stream *stream, const uint8_t *bytes, size_t count, size_t limit, uint8_t **content, size_t *length,
    size_t *position) {
    size_t capacity = 0;
    for (;;) {
        if (*length == capacity) {
            enum cgzip_result grown = grow(content, &capacity, limit);
            if (grown != cgzip_complete) return grown;
        }
        size_t input = smaller(count - *position, largest_piece);
        size_t output = smaller(capacity - *length, largest_piece);
        stream->next_in = (z_const Bytef *)(bytes + *position);
        stream->avail_in = (uInt)input;
        stream->next_out = *content + *length;
        stream->avail_out = (uInt)output;
        int status = inflate(stream, Z_NO_FLUSH);
        *position += input - stream->avail_in;
        *length += output - stream->avail_out;
        if (*length > limit) return cgzip_too_large;
        if (status == Z_STREAM_END) {
            if (*position == count) return cgzip_complete;
            if (inflateReset(stream) != Z_OK) return cgzip_damaged;
        } else if (status == Z_MEM_ERROR) {
            return cgzip_no_memory;
        } else if (status != Z_OK) {
            // Z_BUF_ERROR too, with room for output: the file ends before its last member does.
            return cgzip_damaged;
        }
    }
}

enum cgzip_result cgzip_decompress(
    const uint8_t *bytes, size_t count, size_t limit, uint8_t **content, size_t *length, size_t *position) {
    *content = NULL;
    *length = 0;
    *position = 0;
    if (limit >= SIZE_MAX / 2) limit = SIZE_MAX / 2 - 1;
    z_stream stream = {0};
    if (inflateInit2(&stream, gzip_window_bits) != Z_OK) return cgzip_no_memory;
    enum cgzip_result result = inflate_members(&stream, bytes, count, limit, content, length, position);
    inflateEnd(&stream);
    if (result != cgzip_complete) {
        free(*content);
        *content = NULL;
    }
    return result;
}
