import FoundationEssentials
import ProcFS
import ProfileModel
import Recording
import Sampling
import SystemSupport
import WorkerControl

/// The stacks of one process with names, as text or as JSON.
struct DumpReport: Encodable {
    let pid: Int32
    let name: String
    let threads: [Thread]

    struct Thread: Encodable {
        let tid: Int32
        let name: String
        let state: String
        /// Whether it was stopped to be read.
        let stopped: Bool
        /// Leaf first.
        let frames: [Row]
        /// `root`, `truncated` or `lost`.
        let ending: String
        /// Why a stack is truncated or lost.
        let reason: String?
        fileprivate let loss: SampleLedger.Loss?
        /// Whether stopping it could show more than was read.
        private let mayBeInterrupted: Bool

        private enum CodingKeys: String, CodingKey {
            case tid, name, state, stopped, frames, ending, reason
        }
    }

    struct Row: Encodable {
        let address: String
        let name: String
        let object: String?
        let kind: String
    }

    /// - Parameter hasInterrupted: whether sleeping threads were stopped where that could show more.
    init(process: ProcessID, threads: [StackDump.ThreadStack], worker: StackWorker, hasInterrupted: Bool) {
        pid = process.rawValue
        name = threads.first?.thread.processName ?? ""
        let names = FrameNames(at: threads.lazy.flatMap(\.locations), worker: worker, kernel: nil)
        self.threads = threads.map { Thread($0, names, hasInterrupted: hasInterrupted) }
    }

    var hasStacks: Bool { threads.contains { !$0.frames.isEmpty } }

    /// Why threads have no stack.
    var losses: [SampleLedger.Loss] { threads.compactMap(\.loss) }

    static func json(_ reports: [DumpReport]) throws -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        return String(decoding: try encoder.encode(reports), as: UTF8.self) + "\n"
    }

    func text(_ style: TextStyle) -> String {
        let head = "\(printable(name)) (PID \(pid)), \(NumberText.count(threads.count, "thread"))"
        return style.applied(.bold, to: head) + "\n" + threads.map { "\n" + $0.text(style) }.joined() + "\n"
    }
}

extension DumpReport.Thread {
    init(_ read: StackDump.ThreadStack, _ names: FrameNames, hasInterrupted: Bool) {
        // Of others, one waits for a disk, or is in a frozen control group, and doesn't stop.
        mayBeInterrupted = read.state == .sleeping && !hasInterrupted
        tid = read.thread.thread.rawValue
        name = read.thread.name
        state = read.state.map { "\($0)" } ?? "unknown"
        switch read.result {
        case .lost(let loss):
            (stopped, frames, ending, reason) = (false, [], "lost", loss.rawValue)
            self.loss = loss
        case .stack(let stack, let wasStopped):
            stopped = wasStopped
            frames = stack.frames.flatMap { frame in
                names.frames(at: frame.location).map { DumpReport.Row(frame, $0) }
            }
            ending = stack.ending.truncation == nil ? "root" : "truncated"
            reason = stack.ending.truncation?.label
            loss = nil
        }
    }

    fileprivate func text(_ style: TextStyle) -> String {
        let head = "Thread \(tid) \"\(printable(name))\": \(state)"
        var lines = [style.applied(.bold, to: head)]
        let width = String(max(0, frames.count - 1)).count
        for (index, frame) in frames.enumerated() {
            let number = String(repeating: " ", count: width - String(index).count) + "#\(index)"
            let object = frame.object.map { style.applied(.dim, to: "  \($0)") } ?? ""
            lines.append("  \(number)  \(style.applied(.dim, to: frame.address))  \(frame.name)\(object)")
        }
        if let reason {
            lines.append(
                style.applied(.yellow, to: "  \(ending == "lost" ? "not read" : "truncated"): \(explained(reason))"))
        }
        return lines.joined(separator: "\n") + "\n"
    }

    private func explained(_ reason: String) -> String {
        switch reason {
        case "moved": return "\(reason); \(UnreadThreads.movedText)"
        case "too_many_open_files":
            return "\(reason); Sonde may have only \(DescriptorLimit.text); \(DescriptorLimit.remedy)"
        default:
            let remedy = TruncationText(label: reason, sampler: .ptrace, mayInterrupt: mayBeInterrupted).remedy
            return remedy.map { "\(reason); \($0)" } ?? reason
        }
    }
}

extension DumpReport.Row {
    fileprivate init(_ raw: RawFrame, _ frame: Frame) {
        let digits = String(raw.address.value.rawValue, radix: 16)
        address = "0x" + String(repeating: "0", count: max(0, 12 - digits.count)) + digits
        name = frame.name
        object = frame.object
        kind = frame.kind.rawValue
    }
}

extension StackDump.ThreadStack {
    fileprivate var locations: [CodeLocation] {
        if case .stack(let stack, _) = result { stack.frames.map(\.location) } else { [] }
    }
}
