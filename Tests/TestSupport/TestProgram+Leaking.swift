extension TestProgram {
    /// Takes 64 KiB every 20 ms and never gives it back: some 3 MiB a second.
    package static func leaking() throws -> TestProgram {
        try TestProgram(
            named: "leaking",
            source: """
                #include "program.h"
                int main(void) {
                    die_with_parent();
                    say_ready();
                    for (;;) { memset(malloc(65536), 1, 65536); sleep_milliseconds(20); }
                }
                """)
    }
}
