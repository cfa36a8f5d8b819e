internal import ObjectFiles

/// The sections of one file with debug information, each opened when it is first asked for.
///
/// Belongs to one thread.
final class DwarfSections {
    let file: DebugFile
    let budget: DebugInfoBudget
    /// What the names of a split file's sections end in.
    private let suffix: String
    private var opened: [Name: Result<DebugSection?, DebugInfoError>] = [:]

    enum Name: String {
        case info = ".debug_info"
        case abbreviations = ".debug_abbrev"
        case text = ".debug_str"
        case textOffsets = ".debug_str_offsets"
        case lineText = ".debug_line_str"
        case lines = ".debug_line"
        case ranges = ".debug_ranges"
        case rangeLists = ".debug_rnglists"
        case addresses = ".debug_addr"
        case addressRanges = ".debug_aranges"
        case unitIndex = ".debug_cu_index"
    }

    init(_ file: DebugFile, isSplit: Bool = false, budget: DebugInfoBudget) {
        self.file = file
        self.budget = budget
        suffix = isSplit ? ".dwo" : ""
    }

    /// A section that has to be there.
    subscript(name: Name) -> DebugSection {
        get throws(DebugInfoError) {
            guard let section = try optional(name) else { throw .malformed(section: name.rawValue, offset: 0) }
            return section
        }
    }

    func optional(_ name: Name) throws(DebugInfoError) -> DebugSection? {
        if let known = opened[name] { return try known.get() }
        let fullName = name == .unitIndex ? name.rawValue : name.rawValue + suffix
        let result = Result { () throws(DebugInfoError) in try DebugSection(fullName, of: file, budget: budget) }
        // With more memory, it may be opened.
        if case .failure(.budgetExhausted) = result { return try result.get() }
        opened[name] = result
        return try result.get()
    }

    /// Gives back the memory of sections that can be decompressed again.
    func discardDecompressed() {
        opened = opened.filter { if case .success(let section?) = $0.value { !section.isDecompressed } else { true } }
    }
}
