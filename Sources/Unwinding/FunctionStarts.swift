package import ObjectFiles
package import ProfileModel

/// Where functions begin, by call frame information: what is known of functions whose symbols were stripped.
///
/// Belongs to one thread.
package struct FunctionStarts {
    private let tables: UnwindTableCache

    package init(tables: UnwindTableCache) { self.tables = tables }

    /// The first instruction of the function that covers `address`; `nil` where no information covers it.
    package func start(of object: ObjectFile, covering address: FileAddress) -> FileAddress? {
        try? tables.table(of: object).description(covering: address)?.start
    }
}
