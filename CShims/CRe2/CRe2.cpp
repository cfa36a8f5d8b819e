#include "CRe2.h"

#include <re2/re2.h>

#include <cstdio>
#include <new>
#include <vector>

struct cre2_pattern {
    cre2_pattern(re2::StringPiece text, const RE2::Options &options) : expression(text, options) {}
    RE2 expression;
};

struct cre2_pattern *cre2_compile(const char *text, size_t length, char *reason, size_t capacity) {
    RE2::Options options;
    options.set_log_errors(false);
    // Of compiled program and automaton together; what exceeds it is refused, or matched more slowly.
    options.set_max_mem(1 << 20);
    auto *pattern = new (std::nothrow) cre2_pattern(re2::StringPiece(text, length), options);
    if (!pattern) {
        std::snprintf(reason, capacity, "out of memory");
        return nullptr;
    }
    if (pattern->expression.ok()) return pattern;
    std::snprintf(reason, capacity, "%s", pattern->expression.error().c_str());
    delete pattern;
    return nullptr;
}

void cre2_free(struct cre2_pattern *pattern) { delete pattern; }

int cre2_capture_count(const struct cre2_pattern *pattern) { return pattern->expression.NumberOfCapturingGroups(); }

const char *cre2_capture_name(const struct cre2_pattern *pattern, int number) {
    const auto &names = pattern->expression.CapturingGroupNames();
    auto found = names.find(number);
    return found == names.end() ? nullptr : found->second.c_str();
}

int cre2_match(const struct cre2_pattern *pattern, const char *text, size_t length, int64_t *ranges, int count) {
    std::vector<re2::StringPiece> parts(count);
    // What is matched at NULL can't be distinguished from what took no part.
    if (!text) text = "";
    re2::StringPiece whole(text, length);
    if (!pattern->expression.Match(whole, 0, length, RE2::UNANCHORED, parts.data(), count)) return 0;
    for (int index = 0; index < count; index++) {
        bool took_part = parts[index].data() != nullptr;
        ranges[2 * index] = took_part ? parts[index].data() - text : -1;
        ranges[2 * index + 1] = took_part ? ranges[2 * index] + (int64_t)parts[index].size() : -1;
    }
    return 1;
}
