// elfutils' libelf, and the decoder and checksum for what it doesn't know: the xz-compressed symbol table in .gnu_debugdata
// (liblzma) and the CRC-32 of debug links (zlib).
#pragma once

#include <elf.h>
#include <gelf.h>
#include <libelf.h>
#include <lzma.h>
#include <zlib.h>
