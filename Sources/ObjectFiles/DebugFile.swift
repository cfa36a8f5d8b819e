internal import CElf
internal import Glibc
internal import ProfileModel

/// A file with debug information: an object file itself, its separate debug file, or one that these refer to.
package struct DebugFile: Sendable {
    private let elf: ElfFile
    private let search: DebugFileSearch?
    /// The base name by which the target has the object file mapped.
    private let objectName: String

    fileprivate init(_ elf: ElfFile, _ search: DebugFileSearch?, objectName: String) {
        self.elf = elf
        self.search = search
        self.objectName = objectName
    }

    /// The first section of that name whose contents the file has; for `.debug_…` also one compressed under the older name
    /// `.zdebug_…`.
    package func section(named name: String) -> Section? {
        guard let section = elf.section(named: name), section.hasContents, section.size > 0 else { return nil }
        return section
    }

    /// Up to `count` bytes of a section as the file stores them; fewer at the end of the file.
    package func bytes(of section: Section, at offset: UInt64, count: Int) -> [UInt8] {
        guard offset < section.size else { return [] }
        let available = Int(min(UInt64(max(count, 0)), section.size - offset))
        return elf.image.bytes(upTo: available, at: section.fileOffset &+ offset)
    }

    /// The zero-terminated text at an offset in a section that isn't compressed, cut at `limit` bytes.
    package func text(in section: Section, at offset: UInt64, limit: Int) -> [UInt8] {
        elf.text(in: section, at: offset, limit: limit)
    }

    /// The contents of a compressed section; `nil` when the file stores them as they are.
    ///
    /// - Parameters:
    ///   - limit: the most bytes that they may have.
    ///   - budget: pays for all of them.
    package func decompressed(
        _ section: Section, limit: Int, budget: ParsingBudget
    ) throws(ObjectFileError) -> DecompressedSection? {
        try elf.decompressed(section, limit: limit, budget: budget)
    }

    /// The file to which dwz(1) moved what several debug files share, from `.gnu_debugaltlink`.
    package func alternate() -> DebugFile? {
        guard let link = AlternateLink(of: elf), let search else { return nil }
        let found =
            search.first(.buildID(link.buildID), elf.budget) { $0.buildID == link.buildID }
            ?? search.first(.path(link.path), elf.budget) { $0.buildID == link.buildID }
            ?? search.downloaded(link.buildID, elf.budget)
        return found.map { DebugFile($0, search, objectName: objectName) }
    }

    /// The file with the split units of the whole program, beside the object file.
    package func unitPackage() -> DebugFile? {
        search?.first(.link(name: objectName + ".dwp"), elf.budget) { $0.section(named: ".debug_cu_index") != nil }
            .map { DebugFile($0, search, objectName: objectName) }
    }

    /// The file with a split unit: where the compiler wrote it, or beside the object file.
    ///
    /// - Parameters:
    ///   - directory: where the compiler ran.
    ///   - accepts: whether it is the right one.
    package func splitFile(
        named name: String, in directory: String?, where accepts: (DebugFile) -> Bool
    ) -> DebugFile? {
        guard let search, let base = name.split(separator: "/").last else { return nil }
        let path = name.hasPrefix("/") ? name : (directory ?? "") + "/" + name
        for query in [DebugFileQuery.path(path), .link(name: String(base))] {
            let found = search.first(query, elf.budget) { accepts(DebugFile($0, search, objectName: objectName)) }
            if let found { return DebugFile(found, search, objectName: objectName) }
        }
        return nil
    }
}

extension ObjectFile {
    /// The file with the debug information of this one: itself, or its separate debug file; `nil` where there is none.
    package func debugFile() -> DebugFile? {
        let name = String(path.split(separator: "/").last ?? "")
        let own = DebugFile(elf, debugFiles, objectName: name)
        if own.section(named: ".debug_info") != nil { return own }
        guard let found = separateFile() else { return nil }
        let separate = DebugFile(found, debugFiles, objectName: name)
        return separate.section(named: ".debug_info") == nil ? nil : separate
    }
}

/// The path and build-id of the file that `.gnu_debugaltlink` names: a zero-terminated path, then the bytes of the build-id.
private struct AlternateLink {
    let path: String
    let buildID: BuildID

    init?(of elf: ElfFile) {
        guard let section = elf.section(named: ".gnu_debugaltlink"),
            let bytes = try? elf.storedBytes(of: section, limit: Self.maximumSize),
            let end = bytes.firstIndex(of: 0), let path = String(validating: bytes[..<end], as: UTF8.self),
            Self.buildIDSizes.contains(bytes.count - end - 1)
        else { return nil }
        self.path = path
        buildID = BuildID(bytes: Array(bytes[(end + 1)...]))
    }

    private static let maximumSize = 8192
    private static let buildIDSizes = 2...64
}
