// embeds_python LIBRARY SCRIPT: loads libpython in the midst of its life, and again and again begins an interpreter, has it
// run the script, and ends it. The script's `round` counts from 0.
#include "program.h"

#include <dlfcn.h>

static void *symbol(void *library, const char *name) {
    void *address = dlsym(library, name);
    if (address == NULL) fail(name);
    return address;
}

static char *contents(const char *path) {
    static char text[1 << 16];
    FILE *file = fopen(path, "r");
    if (file == NULL) fail(path);
    text[fread(text, 1, sizeof text - 1, file)] = 0;
    fclose(file);
    return text;
}

OWN_FRAME static void run_round(void *library, const char *script, int round) {
    void (*initialize)(int) = symbol(library, "Py_InitializeEx");
    int (*run)(const char *, void *) = symbol(library, "PyRun_SimpleStringFlags");
    int (*finalize)(void) = symbol(library, "Py_FinalizeEx");
    char number[32];
    snprintf(number, sizeof number, "round = %d", round);
    initialize(0);
    if (run(number, NULL) != 0 || run(script, NULL) != 0) fail("PyRun_SimpleString");
    finalize();
}

int main(int count, char **arguments) {
    die_with_parent();
    if (count < 3) return 64;
    const char *script = contents(arguments[2]);
    say_ready();
    volatile uint64_t result = 1;
    for (int part = 0; part < 100; part++) result = burn(result, 1000000);
    void *library = dlopen(arguments[1], RTLD_NOW | RTLD_GLOBAL);
    if (library == NULL) fail(arguments[1]);
    for (int round = 0;; round++) {
        run_round(library, script, round);
        NOT_A_TAIL_CALL;
    }
}
