// elfutils' libelf, and the decoders and the checksum for what it doesn't know: the xz-compressed symbol table in
// .gnu_debugdata (liblzma), sections compressed by Zstandard (libzstd; libelf knows them from 0.189 on, where it was built
// so) and the CRC-32 of debug links (zlib).
#pragma once

#include <elf.h>
#include <gelf.h>
#include <libelf.h>
#include <lzma.h>
#include <zlib.h>
#include <zstd.h>
