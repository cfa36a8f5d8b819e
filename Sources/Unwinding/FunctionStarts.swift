package import ObjectFiles
package import ProfileModel
internal import Synchronization

/// Where functions begin, by call frame information: what is known of functions whose symbols were stripped.
///
/// It may be used from several threads.
package final class FunctionStarts: Sendable {
    private let tables = Mutex(UnwindTableCache())

    package init() {}

    /// The first instruction of the function that covers `address`; `nil` where no information covers it.
    package func start(of object: ObjectFile, covering address: FileAddress) -> FileAddress? {
        tables.withLock { tables in try? tables.table(of: object).description(covering: address)?.start }
    }
}
