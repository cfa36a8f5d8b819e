package import ProcFS
package import ProfileModel
internal import Synchronization
internal import SystemSupport
package import WorkerControl

/// The frames at the locations of stacks: the worker's for object files, the kernel's own names for the kernel.
package struct FrameNames {
    private let named: [CodeLocation: [Frame]]
    private static let unknown = [Frame(name: "[unknown]", kind: .unknown, object: nil)]

    /// - Parameters:
    ///   - kernel: `nil` where no location is the kernel's.
    ///   - isCancelled: asked while the worker names: what has no name by then gets its address for one.
    package init(
        at locations: some Sequence<CodeLocation>, worker: StackWorker, kernel: KernelNames?,
        isCancelled: @escaping @Sendable () -> Bool = { false }
    ) {
        var asked: [CodeLocation] = []
        var inKernel: [CodeLocation: Address] = [:]
        var named: [CodeLocation: [Frame]] = [:]
        for location in Set(locations) {
            switch location {
            case .kernel(let address): inKernel[location] = address
            case .kernelWorker: named[location] = [.kernelWorker]
            default: asked.append(location)
            }
        }
        let reading = inKernel.isEmpty ? nil : kernel?.startReading()
        // Neighbours share a symbol, and what was read for it.
        asked.sort { $0.order < $1.order }
        named.merge(worker.frames(at: asked, isCancelled: isCancelled)) { first, _ in first }
        reading?.join()
        named.merge(inKernel.mapValues { [kernel?.frame(at: $0) ?? .unnamedKernel] }) { first, _ in first }
        self.named = named
    }

    package func frames(at location: CodeLocation) -> [Frame] { named[location] ?? Self.unknown }
}

extension CodeLocation {
    fileprivate var order: (UInt32, UInt64) {
        switch self {
        case .object(let object, let address): (object.rawValue, address.rawValue)
        case .generated(let map, _, let address): (map.rawValue, address.rawValue)
        case .anonymous(let address), .unmapped(let address), .kernel(let address), .signalReturn(let address):
            (0, address.rawValue)
        case .interpreted(let function, _): (0, function.rawValue)
        case .kernelWorker: (0, 0)
        }
    }
}

/// The kernel's functions, read when the first address in it is asked for.
package final class KernelNames: Sendable {
    private let procfs: ProcFS
    private let symbols = Mutex<KernelSymbols?>(nil)

    package init(procfs: ProcFS) { self.procfs = procfs }

    /// Reads them beside what the caller does; `nil` when the system has no more threads, or they were read before.
    func startReading() -> OwnedThread? {
        guard symbols.withLock({ $0 == nil }) else { return nil }
        return try? OwnedThread(name: "sonde-kernel") { self.withTable { _ in } }
    }

    private func withTable<Result: Sendable>(_ body: @Sendable (KernelSymbols) -> Result) -> Result {
        symbols.withLock { symbols in
            let table = symbols ?? (try? KernelSymbols(of: procfs)) ?? KernelSymbols(parsing: [])
            symbols = table
            return body(table)
        }
    }

    func frame(at address: Address) -> Frame {
        guard let function = withTable({ $0.function(at: address) }) else { return .unnamedKernel }
        return Frame(kernelFunction: printable(function.name), module: function.module)
    }
}
