import ProcFS

/// Where the programs that belong to `sonde` are.
enum InstalledPrograms {
    /// The directory of Sonde's own binary.
    static func directory() throws(CommandFailure) -> String {
        guard let own = try? ProcFS().ownProcess().link("exe"), let slash = own.lastIndex(of: "/") else {
            throw CommandFailure("can't find where sonde is installed: /proc/self/exe can't be read; mount /proc")
        }
        return String(own[..<slash])
    }
}
