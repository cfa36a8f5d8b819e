// Loads libplugin_a.so and libplugin_b.so from beside itself in turn, works in each for about a millisecond, unloads it.
// The right stacks are main, use_plugin, plugin_work, plugin_a_inner
// and main, use_plugin, plugin_work, plugin_b_middle, plugin_b_inner.
#include "program.h"

#include <dlfcn.h>

OWN_FRAME void use_plugin(const char *path) {
    void *plugin = dlopen(path, RTLD_NOW | RTLD_LOCAL);
    if (!plugin) {
        fputs(dlerror(), stderr);
        exit(1);
    }
    void (*work)(void) = (void (*)(void))dlsym(plugin, "plugin_work");
    if (!work) exit(1);
    work();
    dlclose(plugin);
}

int main(void) {
    die_with_parent();
    char self[4000], paths[2][4096];
    ssize_t length = readlink("/proc/self/exe", self, sizeof self - 1);
    if (length < 0) fail("/proc/self/exe");
    self[length] = 0;
    *strrchr(self, '/') = 0;
    snprintf(paths[0], sizeof paths[0], "%s/libplugin_a.so", self);
    snprintf(paths[1], sizeof paths[1], "%s/libplugin_b.so", self);
    use_plugin(paths[0]);
    say_ready();
    for (unsigned round = 1;; round++) use_plugin(paths[round % 2]);
}
