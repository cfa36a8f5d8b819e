import Glibc
import ProcFS
import ProfileModel

/// The bundled server that `sonde demo` records; it ends with its owner.
struct DemoServer: ~Copyable {
    private let command: LaunchedCommand
    private let path: String

    var process: ProcessID { command.process }

    /// Finds the server beside Sonde's own binary, and forks.
    init(lifetime: Int) throws(CommandFailure) {
        let path = try InstalledPrograms.directory() + "/sonde-demo-server"
        guard unsafe access(path, X_OK) == 0 else {
            throw CommandFailure("\(path) is missing; build it with tools/sonde, or install it beside sonde")
        }
        let command = try LaunchedCommand([path, String(lifetime)], as: .sonde)
        self.path = path
        self.command = command
    }

    func start() throws(CommandFailure) {
        command.release()
        if let failure = command.executionFailure(of: path) { throw failure }
    }

    /// The memory that it has in RAM now; `nil` when that can't be read.
    func residentBytes(_ procfs: ProcFS) -> UInt64? {
        guard let directory = try? procfs.process(process), let pages = try? directory.statm().residentPages else {
            return nil
        }
        return pages * pageBytes
    }

    deinit {
        kill(process.rawValue, SIGTERM)
        _ = waitpid(process.rawValue, nil, 0)
    }
}
