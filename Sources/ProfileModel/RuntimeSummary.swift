/// A runtime that was found in a process, and what can be read of it.
package struct RuntimeSummary: Hashable, Sendable {
    package enum Reading: Hashable, Sendable {
        /// Its frames are read; what else can't be, such as `names of threads`.
        case frames(without: [String])
        /// None of its frames are read, for that reason.
        case nativeAlone(reason: String)
    }

    /// Such as `Python`.
    package let name: String
    /// Such as `3.11.2`, or as much of it as is known.
    package let version: String
    /// What distinguishes the build: `static`, `free-threaded`, the path of the object file.
    package let build: [String]
    package let reading: Reading

    package init(name: String, version: String, build: [String], reading: Reading) {
        self.name = name
        self.version = version
        self.build = build
        self.reading = reading
    }
}
