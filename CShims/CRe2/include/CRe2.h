// RE2, whose classes Swift can't import without its C++ interoperability. No logic lives here.
#pragma once

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

struct cre2_pattern;

// Compiles an expression of `length` bytes of UTF-8. Returns NULL where it can't be used; `reason` then says why, cut to its
// `capacity` and terminated.
struct cre2_pattern *cre2_compile(const char *text, size_t length, char *reason, size_t capacity);
void cre2_free(struct cre2_pattern *pattern);

// How many groups capture, and the name of one of them from 1 on; NULL for one without a name.
int cre2_capture_count(const struct cre2_pattern *pattern);
const char *cre2_capture_name(const struct cre2_pattern *pattern, int number);

// Whether the expression is found anywhere in the text. Fills `ranges` with the start and end of the whole match and of the
// captures, -1 for one that took no part: 2 * count numbers, count being at most the captures and 1. Safe in several threads.
int cre2_match(const struct cre2_pattern *pattern, const char *text, size_t length, int64_t *ranges, int count);

#ifdef __cplusplus
}
#endif
