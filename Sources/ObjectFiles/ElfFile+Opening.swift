extension ElfFile {
    convenience init(path: String, descriptor: consuming FileDescriptor) throws(ObjectFileError) {
        let status = try FileStatus(of: descriptor, path: path)
        try self.init(path: path, image: ObjectImage(file: descriptor, size: status.size))
    }

    /// The first section of that name; for `.debug_…` also one compressed under the older name `.zdebug_…`.
    func section(named name: String) -> Section? {
        if let section = sections.first(where: { $0.name == name }) { return section }
        guard name.hasPrefix(".debug_") else { return nil }
        let older = ".z" + name.dropFirst()
        return sections.first { $0.name == older }
    }
}
