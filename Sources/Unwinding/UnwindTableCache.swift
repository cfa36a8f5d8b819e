internal import ObjectFiles
package import ProfileModel

/// The unwind tables of object files, one for each file however many processes map it.
///
/// Belongs to one thread.
package final class UnwindTableCache {
    private var tables: [ObjectID: UnwindTable] = [:]

    private let willRead: (ObjectID?) -> Void

    /// - Parameter willRead: is told the object file whose tables are about to be read, and `nil` afterwards.
    package init(willRead: @escaping (ObjectID?) -> Void = { _ in }) { self.willRead = willRead }

    func table(of object: ObjectFile) -> UnwindTable {
        if let known = tables[object.id] { return known }
        willRead(object.id)
        defer { willRead(nil) }
        let table = UnwindTable(of: object)
        tables[object.id] = table
        return table
    }
}
