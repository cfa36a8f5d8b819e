extension CPythonLayout {
    /// The layout of a release of 3.6 to 3.12; `nil` for other versions.
    package static func known(for version: CPythonVersion) -> CPythonLayout? {
        tables.last { entry in
            entry.since <= version && entry.since.major == version.major && entry.since.minor == version.minor
        }?.layout
    }
}
