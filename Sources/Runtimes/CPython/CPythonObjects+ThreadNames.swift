package import ProfileModel

extension CPythonObjects {
    /// The most threads whose names are read.
    private static let threadLimit = 4096

    /// The names that `threading` has for threads, by what pthread_self(3) gives in each (`Thread.ident`).
    ///
    /// None where the process hasn't imported `threading`. A thread that is just being made may be missing.
    ///
    /// - Parameter modules: the dictionary `sys.modules`.
    package func threadNames(modules: Address) throws(RuntimeReadError) -> [UInt64: String] {
        guard let module = try value(of: "threading", inDictionary: modules),
            let globals = try memory.pointer(at: module, offset: layout.module),
            let active = try value(of: "_active", inDictionary: globals)
        else { return [:] }
        var names: [UInt64: String] = [:]
        for entry in try entries(ofDictionary: active, limit: Self.threadLimit) {
            guard let number = try? integer(at: entry.key), let name = try? attribute("_name", of: entry.value) else {
                continue
            }
            names[UInt64(bitPattern: number)] = try? text(at: name)
        }
        return names
    }
}
