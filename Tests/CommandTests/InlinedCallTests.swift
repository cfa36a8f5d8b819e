import Foundation
import TestSupport
import Testing

/// Inlined calls in what commands show.
@Suite struct InlinedCallTests {
    private static let source = """
        #include <unistd.h>
        volatile int sink;
        static inline __attribute__((always_inline)) int deepest(int value) {
            for (int turn = 0; turn < 1000; turn++) sink = sink * 3 + value;
            return sink + 1;
        }
        static inline __attribute__((always_inline)) int middle(int value) { return deepest(value + 1) ^ 5; }
        __attribute__((noinline)) int work(int value) {
            int sum = 0;
            for (int index = 0; index < value; index++) sum += middle(index);
            return sum;
        }
        int main(void) { alarm(120); for (;;) sink = work(100000); }

        """

    private let workshop: Workshop
    private let program: Child

    init() throws {
        workshop = try Workshop()
        let path = try workshop.build(
            "inlined", from: Self.source, in: "inlined.c", with: "gcc", "-O2", "-g", "-o", "inlined", "inlined.c")
        program = try Child([path])
    }

    @Test func `Inlined calls are rows of their own, below the function that they are in`() throws {
        let recording = try record("-p", "\(program.pid)", "-d", "2", "-r", "200")
        #expect(recording.samples { $0.passes(["main", "work", "middle_[i]", "deepest_[i]"]) } > 0)
        #expect(recording.samples { !$0.passes(["main"]) } * 10 < recording.samples)
    }

    @Test func `A dump says which calls are inlined, and the lines of all`() throws {
        let isShown = eventually {
            guard let text = try? sonde("dump", "-p", "\(program.pid)").output else { return false }
            return ["deepest [inlined] (inlined.c:4)", "work (inlined.c:10)", "main (inlined.c:13)"]
                .allSatisfy(text.contains)
        }
        #expect(isShown)
    }
}
