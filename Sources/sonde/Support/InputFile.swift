import Glibc
import SystemSupport

/// A file that the user named, open for reading; `-` is standard input.
struct InputFile: ~Copyable {
    private let file: OwnedDescriptor?

    init(_ path: String) throws(CommandFailure) {
        guard path != "-" else {
            guard isatty(STDIN_FILENO) == 0 else {
                throw CommandFailure("standard input is a terminal; pipe a profile into it, or name a file")
            }
            file = nil
            return
        }
        do throws(SystemCallError) {
            file = try OwnedDescriptor(opening: path, flags: O_RDONLY)
        } catch {
            throw CommandFailure("\(printable(path)): \(errorText(error.errno)); name a file that can be read")
        }
    }

    /// For as long as this owner lives.
    var number: Int32 { file?.rawValue ?? STDIN_FILENO }
}
