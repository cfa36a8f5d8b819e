// zlib's gzip writer and reader: deflateInit2 and inflateInit2 are macros, and the stream's state wants to be ended on every
// path.
#pragma once

#include <stddef.h>
#include <stdint.h>

// A gzip file (RFC 1952) of `count` bytes, compressed at one of zlib's levels, 1 (the fastest) to 9; the caller frees it
// with free(3). NULL when there is no memory, or when zlib can't take that many bytes at once.
uint8_t *cgzip_compress(const uint8_t *bytes, size_t count, int level, size_t *length);

enum cgzip_result { cgzip_complete, cgzip_damaged, cgzip_too_large, cgzip_no_memory };

// The content of a gzip file of `count` bytes, of all its members, if it has at most `limit` bytes.
//
// `position` is how far into the file it was read. When it is complete, `content` has `length` bytes, and the caller frees it
// with free(3).
enum cgzip_result cgzip_decompress(
    const uint8_t *bytes, size_t count, size_t limit, uint8_t **content, size_t *length, size_t *position);
