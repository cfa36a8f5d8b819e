import Glibc
import ProcFS
import SystemSupport

/// Why a file could not be read or written.
struct FileProblem: Error {
    /// `open: No such file or directory`.
    let reason: String

    init(_ action: String, _ code: CInt) { reason = "\(action): \(errorText(code))" }
}

/// Writes the bytes; what is left of them when that fails comes with the reason.
func write(_ bytes: [UInt8], to descriptor: CInt) -> (rest: Int, problem: FileProblem?) {
    var rest = bytes[...]
    while !rest.isEmpty {
        // Safe: the buffer holds as many bytes as it says.
        let written = unsafe rest.withUnsafeBytes { unsafe Glibc.write(descriptor, $0.baseAddress, $0.count) }
        if written < 0, errno == EINTR { continue }
        guard written > 0 else { return (rest.count, FileProblem("write", errno)) }
        rest = rest.dropFirst(written)
    }
    return (0, nil)
}
