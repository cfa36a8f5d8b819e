// zlib's gzip writer: deflateInit2 is a macro, and the stream's state wants to be ended on every path.
#pragma once

#include <stddef.h>
#include <stdint.h>

// A gzip file (RFC 1952) of `count` bytes, compressed at one of zlib's levels, 1 (the fastest) to 9; the caller frees it
// with free(3). NULL when there is no memory, or when zlib can't take that many bytes at once.
uint8_t *cgzip_compress(const uint8_t *bytes, size_t count, int level, size_t *length);
