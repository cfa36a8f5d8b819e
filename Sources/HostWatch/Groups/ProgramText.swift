package import ProcFS
package import ProfileModel
import SystemSupport

extension ProcFS {
    private static let calls = BoundedCalls(name: "sonde-cmdline", maximumHung: 8)

    /// The path of what a process executes, and what an interpreter runs: `/usr/bin/python3.11 manage.py`.
    ///
    /// Never arguments, which can be secrets. `nil` where the kernel doesn't show the path to this user, and of kernel threads.
    /// The kernel copies an interpreter's command line from the process's memory, which can hang: it is left out then.
    package func program(of process: ProcessID) -> String? {
        guard let path = try? self.process(process).executable().path, let name = ExecutableName(path: path) else {
            return nil
        }
        guard Interpreter(executable: name.text) != nil else { return path }
        let root = root
        let arguments = try? Self.calls.result(
            of: { try? ProcFS(root: root).process(process).cmdline().arguments }, at: "\(process)",
            within: .milliseconds(50))
        guard let arguments = arguments ?? nil,
            let program = InterpretedProgram(executable: name.text, arguments: arguments)
        else { return path }
        return "\(path) \(program.name)"
    }
}
