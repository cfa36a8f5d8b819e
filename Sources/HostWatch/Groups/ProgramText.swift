package import ProcFS
package import ProfileModel
import SystemSupport

extension ProcFS {
    private static let calls = BoundedCalls(name: "sonde-cmdline", maximumHung: 16)

    /// The path of what a process executes, and what an interpreter runs: `/usr/bin/python3.11 manage.py`.
    ///
    /// Never arguments, which can be secrets. `nil` where the kernel doesn't show the path to this user, and of kernel threads.
    /// An interpreter's command line is omitted where it can't be read in time.
    package func program(of process: ProcessID) -> String? {
        guard let path = try? self.process(process).executable().path, let name = ExecutableName(path: path) else {
            return nil
        }
        guard Interpreter(executable: name.text) != nil else { return path }
        guard let bytes = commandLine(of: process, limit: 8 << 20, within: .milliseconds(50)),
            let program = InterpretedProgram(executable: name.text, arguments: Cmdline(parsing: bytes).arguments)
        else { return path }
        return "\(path) \(program.name)"
    }

    /// The beginning of a command line, and nothing of a process that has ended.
    ///
    /// The kernel copies it from the process's memory, and waits for as long as the process keeps that from being read
    /// (userfaultfd, FUSE): `nil` when it doesn't come in time.
    package func commandLine(of process: ProcessID, limit: Int, within time: Duration) -> [UInt8]? {
        let root = root
        return try? Self.calls.result(
            of: { () -> [UInt8] in
                var buffer: [UInt8] = []
                try? ProcFS(root: root).process(process).readUpTo(limit, of: "cmdline", into: &buffer)
                return buffer
            }, at: "\(process)", within: time)
    }
}
