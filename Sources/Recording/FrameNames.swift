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
        var named: [CodeLocation: [Frame]] = [:]
        var asked: [CodeLocation] = []
        for location in Set(locations) {
            if case .kernel(let address) = location {
                named[location] = [kernel?.frame(at: address) ?? Frame(name: "[kernel]", kind: .kernel, object: nil)]
            } else if case .kernelWorker = location {
                named[location] = [.kernelWorker]
            } else {
                asked.append(location)
            }
        }
        // Neighbours share a symbol, and what was read for it.
        asked.sort { $0.order < $1.order }
        named.merge(worker.frames(at: asked, isCancelled: isCancelled)) { first, _ in first }
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
        case .kernelWorker: (0, 0)
        }
    }
}

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
