// libiberty's demanglers, whose header defines macros that Swift can't import, and the Swift runtime's, which has no
// header. libiberty's output can grow exponentially with the name, so it is cut off while it is made.
#pragma once

#include <stddef.h>

// Each writes the name that `mangled` stands for to `buffer`, without a terminator, and returns its length:
// `capacity` when it was cut there, 0 when `mangled` is not a name of that language.
// A C++ name has its template arguments, but not its parameters and its return type.
size_t cdemangle_itanium(const char *mangled, char *buffer, size_t capacity);
size_t cdemangle_rust(const char *mangled, char *buffer, size_t capacity);
size_t cdemangle_swift(const char *mangled, char *buffer, size_t capacity);
