import ArgumentParser

/// What is shown of the runtimes in processes, in all commands that read their stacks.
struct RuntimeOptions: ParsableArguments {
    @Flag(help: "Show the frames of Python functions only; a stack without any is one frame [native].")
    var pythonOnly = false

    @Flag(
        help: """
            Show native frames only: no Python frames are read, and an interpreter's own functions are in their places.
            """)
    var nativeOnly = false

    func validate() throws {
        guard !pythonOnly || !nativeOnly else {
            throw ValidationError("--python-only and --native-only exclude each other.")
        }
    }
}
