internal import ObjectFiles
internal import ProfileModel

/// The unwind tables of object files, one for each file however many processes map it.
///
/// Belongs to one thread.
package final class UnwindTableCache {
    private var tables: [ObjectID: UnwindTable] = [:]

    package init() {}

    func table(of object: ObjectFile) -> UnwindTable {
        if let known = tables[object.id] { return known }
        let table = UnwindTable(of: object)
        tables[object.id] = table
        return table
    }
}
