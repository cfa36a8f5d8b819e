/// Which processes a group takes: all of what is set must match.
package struct GroupRule: Equatable, Sendable {
    /// The group's name: text with the templates `{{.Comm}}`, `{{.ExeBase}}`, `{{.ExeFull}}`, `{{.Username}}`, `{{.PID}}`,
    /// `{{.Cgroup}}`, `{{.Unit}}`, `{{.Container}}` and `{{.Matches.NAME}}` (a named capture of `commandLine`).
    package var name: String
    /// Any of these command names, exactly (process-exporter's `comm`).
    package var commands: [String] = []
    /// Any of these: a path of the executable when it begins with `/`, else its last component (`exe`).
    ///
    /// Where the kernel doesn't show the executable to this user, the first argument counts, which the process can set.
    package var executables: [String] = []
    /// Regular expressions in RE2's syntax that must all be found in the first 16 KiB of the command line, its arguments
    /// joined by blanks (`cmdline`).
    package var commandLine: [String] = []
    /// Any of these user names or numbers.
    package var users: [String] = []
    /// A regular expression found in the path of the cgroup.
    package var cgroup: String?
    /// A container's identifier or name, or its beginning.
    package var container: String?
    /// Smaller processes don't match, in bytes of resident memory.
    package var minimumResident: UInt64?
    /// What matches is not watched at all.
    package var excludes = false

    package init(name: String) { self.name = name }
}
