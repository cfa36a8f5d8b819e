extension ProcFS {
    /// Whether `/proc` is mounted so that it shows this process its own user's processes only (`hidepid`, proc(5)).
    ///
    /// Root, and who may trace, sees all the same.
    package var hidesProcesses: Bool {
        guard let mounts = try? bytes(of: "self/mounts", limit: 1 << 20),
            (try? ownProcess().status())?.user?.effective != 0
        else { return false }
        let hiding = [
            "hidepid=1", "hidepid=2", "hidepid=4", "hidepid=noaccess", "hidepid=invisible", "hidepid=ptraceable",
        ]
        return String(decoding: mounts, as: UTF8.self).split(separator: "\n").contains { line in
            let fields = line.split(separator: " ")
            return fields.count > 3 && fields[2] == "proc"
                && fields[3].split(separator: ",").contains { hiding.contains(String($0)) }
        }
    }
}
