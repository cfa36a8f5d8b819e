import SystemSupport

/// What a command's help says of its exit status.
enum ExitStatusHelp {
    private static let common = [
        0: "done", 1: "failed", 64: "wrong usage", 77: "not permitted",
        130: "interrupted before there was anything to write",
        141: "the reader of standard output has closed it, as head does",
    ]

    /// The last part of a discussion.
    ///
    /// - Parameters:
    ///   - own: what the command exits with beside the usual, or for another reason.
    ///   - missing: what it never exits with.
    static func text(_ own: [Int: String] = [:], without missing: Set<Int> = []) -> String {
        let all = common.filter { !missing.contains($0.key) }.merging(own) { _, own in own }
        let lines = all.sorted { $0.key < $1.key }.map { status, meaning in
            "  " + TextColumns.padded("\(status)", to: 5) + meaning
        }
        return "\n\nEXIT STATUS\n" + lines.joined(separator: "\n")
    }
}
