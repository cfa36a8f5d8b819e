import ProfileModel
import Sampling
import WorkerControl

/// The frames at the locations of stacks: the worker's for object files, the kernel's own names for the kernel.
struct FrameNames {
    private let named: [CodeLocation: [Frame]]
    private static let unknown = [Frame(name: "[unknown]", kind: .unknown, object: nil)]

    init(of stacks: [CollectedStack], worker: StackWorker, kernel: KernelNames?) {
        self.init(at: stacks.lazy.flatMap(\.frames), worker: worker, kernel: kernel)
    }

    init(at locations: some Sequence<CodeLocation>, worker: StackWorker, kernel: KernelNames?) {
        var named: [CodeLocation: [Frame]] = [:]
        var asked: [CodeLocation] = []
        for location in Set(locations) {
            if case .kernel(let address) = location {
                named[location] = [kernel?.frame(at: address) ?? Frame(name: "[kernel]", kind: .kernel, object: nil)]
            } else {
                asked.append(location)
            }
        }
        // Neighbours share a symbol, and what was read for it.
        asked.sort { $0.order < $1.order }
        named.merge(worker.frames(at: asked)) { first, _ in first }
        self.named = named
    }

    func frames(at location: CodeLocation) -> [Frame] { named[location] ?? Self.unknown }
}

extension CodeLocation {
    fileprivate var order: (UInt32, UInt64) {
        switch self {
        case .object(let object, let address): (object.rawValue, address.rawValue)
        case .anonymous(let address), .unmapped(let address), .kernel(let address): (0, address.rawValue)
        }
    }
}
