package import ProcFS
internal import ProfileModel
internal import Synchronization
internal import SystemSupport

/// The kernel's functions, read when the first address in it is asked for.
package final class KernelNames: Sendable {
    private let procfs: ProcFS
    private let symbols = Mutex<KernelSymbols?>(nil)

    package init(procfs: ProcFS) { self.procfs = procfs }

    func frame(at address: Address) -> Frame {
        let function = symbols.withLock { symbols in
            let table = symbols ?? (try? KernelSymbols(of: procfs)) ?? KernelSymbols(parsing: [])
            symbols = table
            return table.function(at: address)
        }
        guard let function else { return Frame(name: "[kernel]", kind: .kernel, object: nil) }
        return Frame(name: printable(function.name), kind: .kernel, object: function.module ?? "kernel")
    }
}
