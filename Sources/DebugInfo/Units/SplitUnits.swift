internal import ObjectFiles

/// Finds the rest of units that were compiled with `-gsplit-dwarf`: in a package beside the program, or in the files that
/// the compiler wrote.
///
/// Belongs to one thread.
final class SplitUnits {
    private let main: DebugFile
    private let budget: DebugInfoBudget
    private var package: Package??

    private struct Package {
        let index: UnitPackage
        let sections: DwarfSections
    }

    init(of main: DebugFile, budget: DebugInfoBudget) {
        self.main = main
        self.budget = budget
    }

    /// The rest of a unit; `nil` where the unit has none, or it isn't found.
    func rest(of skeleton: UnitContext) throws(DebugInfoError) -> UnitContext? {
        guard let place = skeleton.root.splitName, let id = skeleton.header.splitID ?? skeleton.root.gnuSplitID else {
            return nil
        }
        if let package = try openedPackage(), let contribution = try package.index.contribution(of: id) {
            return try rest(of: skeleton, id, in: package.sections, contribution)
        }
        guard let name = skeleton.references.text(place, alternate: nil) else { return nil }
        let directory = skeleton.root.directory.flatMap { skeleton.references.text($0, alternate: nil) }
        var found: Result<UnitContext?, DebugInfoError> = .success(nil)
        _ = main.splitFile(named: name, in: directory) { file in
            let sections = DwarfSections(file, isSplit: true, budget: budget)
            found = Result { () throws(DebugInfoError) in
                try undamaged { () throws(DebugInfoError) in
                    try rest(of: skeleton, id, in: sections, UnitContribution())
                }
            }
            if case .success(nil) = found { return false }
            return true
        }
        return try found.get()
    }

    private func openedPackage() throws(DebugInfoError) -> Package? {
        if let package { return package }
        let opened = try undamaged { () throws(DebugInfoError) in try openPackage() }
        package = .some(opened)
        return opened
    }

    /// Gives back the memory of what can be read again.
    func discardSections() { (package ?? nil)?.sections.discardDecompressed() }

    private func openPackage() throws(DebugInfoError) -> Package? {
        guard let file = main.unitPackage() else { return nil }
        let sections = DwarfSections(file, isSplit: true, budget: budget)
        return Package(index: try UnitPackage(try sections[.unitIndex]), sections: sections)
    }

    private func rest(
        of skeleton: UnitContext, _ id: UInt64, in sections: DwarfSections, _ contribution: UnitContribution
    ) throws(DebugInfoError) -> UnitContext {
        let header = try UnitHeader(at: contribution.info, of: try sections[.info])
        let context = try UnitContext(header, in: sections, contribution, of: skeleton, budget: budget)
        guard header.splitID ?? context.root.gnuSplitID == id else {
            throw try sections[.info].damage(at: contribution.info)
        }
        return context
    }
}
