/// A program that spends its time in calls that a compiler inlines.
enum InlinedProgram {
    static let source = """
        #include <unistd.h>
        volatile int sink;
        static inline __attribute__((always_inline)) int deepest(int value) {
            for (int turn = 0; turn < 1000; turn++) sink = sink * 3 + value;
            return sink + 1;
        }
        static inline __attribute__((always_inline)) int middle(int value) { return deepest(value + 1) ^ 5; }
        static __attribute__((noinline)) int work(int value) {
            int sum = 0;
            for (int index = 0; index < value; index++) sum += middle(index);
            return sum;
        }
        int main(void) { alarm(300); for (;;) sink = work(100000); }

        """

    /// Frames as a dump shows them, of a source file of that name.
    static func frames(in file: String) -> [String] {
        ["deepest [inlined] (\(file):4)", "work (\(file):10)", "main (\(file):13)"]
    }
}
