// elfutils' libelf, and the decoders and the checksum for what it doesn't know: the xz-compressed symbol table in
// .gnu_debugdata (liblzma), sections compressed by Zstandard (libzstd; libelf knows them from 0.189 on, where it was built
// so), the CRC-32 of debug links (zlib), and sections compressed by zlib that are needed in part (ISA-L, whose state has
// arrays too large for Swift to import).
#pragma once

#include <elf.h>
#include <gelf.h>
#include <libelf.h>
#include <lzma.h>
#include <stddef.h>
#include <stdint.h>
#include <zlib.h>
#include <zstd.h>

// The decoder of a zlib stream (RFC 1950).
struct celf_inflater;

// NULL when there is no memory; the caller frees it with free(3).
struct celf_inflater *celf_inflater_create(void);

enum celf_inflated { celf_inflate_unfinished, celf_inflate_complete, celf_inflate_damaged };

// Decodes the next `*input_count` bytes of the stream into up to `*output_count` bytes, and sets both to how many were
// used. Complete is a stream that ends, with the right checksum.
enum celf_inflated celf_inflate(
    struct celf_inflater *inflater, const uint8_t *input, uint32_t *input_count, uint8_t *output,
    uint32_t *output_count);
