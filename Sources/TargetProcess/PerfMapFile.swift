package import ProcFS
internal import ProfileModel
package import SystemSupport

/// Opens the perf map of a process, in which its runtime names the code that it generates; nothing of it is read.
package enum PerfMapFile {
    package struct Opened: ~Copyable {
        package let path: String
        private let file: OwnedDescriptor

        fileprivate init(path: String, file: consuming OwnedDescriptor) {
            self.path = path
            self.file = file
        }

        package consuming func take() -> OwnedDescriptor { file }
    }

    /// `/tmp/perf-PID.map`, where the process itself sees it, by the number that the process has there; `nil` where it has
    /// none.
    ///
    /// Everybody can write to `/tmp`: only a file of the process's own user, or of root, is its perf map, and no link leads
    /// to a file of another name.
    package static func open(of directory: borrowing ProcessDirectory) -> Opened? {
        guard let number = try? directory.status().namespaceIDs.last,
            let user = try? directory.effectiveUser(),
            let root = try? directory.open("root", flags: OwnedDescriptor.place)
        else { return nil }
        let name = "/perf-\(number).map"
        let path = "/tmp\(name)"
        guard let file = try? TargetFile.open(path, below: root, where: { $0.hasSuffix(name) }),
            let owner = try? file.status().owner, owner == user || owner == 0
        else { return nil }
        return Opened(path: path, file: file)
    }
}
