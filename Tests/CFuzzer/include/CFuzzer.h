// libFuzzer's driver. Only `tools/fuzz` links it.
#pragma once

#include <stddef.h>
#include <stdint.h>

typedef int (*cfuzzer_input)(const uint8_t *bytes, size_t count);

// Calls `test` with inputs, as libFuzzer's options in `arguments` say; returns the exit status.
int cfuzzer_run(int count, char **arguments, cfuzzer_input test);
