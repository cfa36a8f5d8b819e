import Foundation
import TestSupport

/// Programs that use memory in known ways, with names of their own.
enum HostPrograms {
    /// Fills a cache of 64 MiB before it is ready, and then replaces the oldest entries for good.
    static func caching() throws -> TestProgram {
        try TestProgram(
            named: "caching",
            source: """
                #include "program.h"
                static char *entries[1024];
                static void replace(long index) {
                    free(entries[index]);
                    entries[index] = malloc(65536);
                    memset(entries[index], 1, 65536);
                }
                int main(void) {
                    die_with_parent();
                    for (long index = 0; index < 1024; index++) replace(index);
                    say_ready();
                    for (long next = 0;; next = (next + 1) % 1024) { replace(next); sleep_milliseconds(5); }
                }
                """)
    }

    /// Collects garbage: memory rises by 32 MiB and falls again, twice a second.
    static func sawtooth() throws -> TestProgram {
        try TestProgram(
            named: "sawtooth",
            source: """
                #include "program.h"
                #include <sys/mman.h>
                enum { SIZE = 1 << 20, COUNT = 32 };
                int main(void) {
                    die_with_parent();
                    say_ready();
                    for (;;) {
                        char *blocks[COUNT];
                        for (int index = 0; index < COUNT; index++) {
                            blocks[index] = mmap(0, SIZE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
                            memset(blocks[index], 1, SIZE);
                            sleep_milliseconds(15);
                        }
                        for (int index = 0; index < COUNT; index++) munmap(blocks[index], SIZE);
                    }
                }
                """)
    }
}
