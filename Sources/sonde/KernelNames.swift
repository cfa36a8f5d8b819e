import ProcFS
import ProfileModel
import Synchronization

/// The kernel's functions, read when the first address in it is asked for.
final class KernelNames: Sendable {
    private let procfs: ProcFS
    private let symbols = Mutex<KernelSymbols?>(nil)

    init(procfs: ProcFS) { self.procfs = procfs }

    @Sendable
    func function(at address: Address) -> (name: String, module: String?)? {
        symbols.withLock { symbols in
            let table = symbols ?? (try? KernelSymbols(of: procfs)) ?? KernelSymbols(parsing: [])
            symbols = table
            return table.function(at: address).map { ($0.name, $0.module) }
        }
    }
}
