import Foundation
import ProfileModel
import TestSupport
import Testing

/// A situation in which a stack is known from elsewhere.
struct SnapshotCase: Sendable, CustomTestStringConvertible {
    enum View {
        /// The busiest thread, stopped.
        case running
        /// The first thread, asleep: only two registers are known.
        case sleeping
    }

    /// How much of what the oracle shows is right and can be known.
    enum Truth {
        case wholeStack
        /// So many frames; what is above them was overwritten, or not copied.
        case leafFrames(Int)
    }

    let name: String
    let command: [String]
    var view = View.running
    var truth = Truth.wholeStack
    var oracle = Oracle.gdb
    /// The snapshot is taken when the leaf is in an object of this name.
    var leafObject: String?

    var testDescription: String { name }

    /// Starts the program; it has said "ready".
    func start() throws -> Child {
        let program = command[0].contains("/") ? command[0] : Locations.testPrograms.appending(path: command[0]).path
        let child = try Child([program] + command.dropFirst())
        try child.line { $0 == "ready" }
        return child
    }

    private static let python = "/usr/bin/python3"
    private static let pythonSpin = """
        def spin():
            total = 0
            while True:
                for i in range(1000): total += len(str(i))
        def middle(n): return middle(n - 1) if n else spin()
        print("ready", flush=True)
        list(map(middle, [5]))
        """
    private static let pythonSleep = """
        import time
        def rest(n): return rest(n - 1) if n else time.sleep(86400)
        print("ready", flush=True)
        sorted([5], key=rest)
        """

    static let all: [SnapshotCase] = [
        SnapshotCase(name: "c-O0", command: ["recursion_O0", "20"]),
        SnapshotCase(name: "c-clang", command: ["recursion_clang", "20"]),
        SnapshotCase(name: "c-deep-recursion", command: ["recursion", "400"]),
        SnapshotCase(name: "c-stripped", command: ["recursion_stripped", "20"]),
        SnapshotCase(name: "c-without-frame-pointer", command: ["no_frame_pointer"]),
        SnapshotCase(name: "c-debug-frame-only", command: ["debug_frame"]),
        SnapshotCase(name: "c-frame-pointer-only", command: ["frame_pointer_only"], oracle: .euStack),
        SnapshotCase(name: "c-static", command: ["static"]),
        SnapshotCase(name: "c-static-pie", command: ["static_pie"]),
        SnapshotCase(name: "c-alloca", command: ["alloca"]),
        SnapshotCase(name: "cpp", command: ["deep_cpp"]),
        SnapshotCase(name: "cpp-O0", command: ["deep_cpp_O0"]),
        SnapshotCase(name: "rust-lld", command: ["rust_lld"]),
        SnapshotCase(name: "swift-O", command: ["swift_stack"]),
        SnapshotCase(name: "swift-Onone", command: ["swift_stack_Onone"]),
        SnapshotCase(name: "go", command: ["go_stack"]),
        SnapshotCase(name: "python", command: [python, "-c", pythonSpin]),
        SnapshotCase(name: "vdso", command: ["vdso"], leafObject: "[vdso]"),
        SnapshotCase(name: "signal", command: ["signal", "alarm"]),
        // The interrupted stack is not part of the snapshot.
        SnapshotCase(
            name: "signal-alternate-stack", command: ["signal", "alarm", "alternate"], truth: .leafFrames(4)),
        SnapshotCase(name: "corrupt-wild", command: ["corrupt", "wild"], truth: .leafFrames(1)),
        SnapshotCase(name: "corrupt-unmapped", command: ["corrupt", "unmapped"], truth: .leafFrames(1)),
        SnapshotCase(name: "corrupt-data", command: ["corrupt", "data"], truth: .leafFrames(1)),
        SnapshotCase(name: "sleeping-c", command: ["recursion", "20", "sleep"], view: .sleeping),
        SnapshotCase(name: "sleeping-c-O0", command: ["recursion_O0", "20", "sleep"], view: .sleeping),
        SnapshotCase(name: "sleeping-c-clang", command: ["recursion_clang", "20", "sleep"], view: .sleeping),
        SnapshotCase(name: "sleeping-python", command: [python, "-c", pythonSleep], view: .sleeping),
    ]
}
