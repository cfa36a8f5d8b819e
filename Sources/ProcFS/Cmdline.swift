/// The argument vector that a process shows: `cmdline`, proc_pid_cmdline(5).
///
/// The process can overwrite it with any text. Empty for kernel threads and zombies.
package struct Cmdline: Hashable, Sendable {
    package let arguments: [String]

    package init(parsing bytes: [UInt8]) {
        // One zero byte ends each argument, the last one too.
        let content = bytes.last == 0 ? bytes.dropLast() : bytes[...]
        arguments =
            content.isEmpty
            ? []
            : content.split(separator: 0, omittingEmptySubsequences: false).map { String(decoding: $0, as: UTF8.self) }
    }
}
