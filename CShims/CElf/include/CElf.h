// The layouts and constants of elf(5), and the decompressors for what ELF files carry compressed: debug sections (zlib)
// and the symbol table in .gnu_debugdata (xz).
#pragma once

#include <elf.h>
#include <lzma.h>
#include <zlib.h>
