import ProfileModel
import Profiles
import Sampling
import SystemSupport

@testable import LiveView

/// What the tests of the live view share.
enum LiveFixtures {
    /// A window of a second of stacks that are written root first.
    static func window(
        _ stacks: [(rootFirst: [String], value: Int64)], thread: String = "worker", id: Int32 = 4242,
        leafKind: FrameKind = .native, ledger: SampleLedger? = nil
    ) -> LiveWindow {
        var metadata = ProfileMetadata(
            command: "worker", processes: [ProcessID(rawValue: 4242)], rateHertz: 99, startNanoseconds: 0,
            durationNanoseconds: 1_000_000_000)
        metadata.counts = SampleCounts()
        metadata.counts?.samples = UInt64(stacks.reduce(0) { $0 + $1.value })
        var builder = ProfileBuilder(metadata: metadata, sampleTypes: [.samples], shown: .samples)
        let identity = ProfiledThread(
            process: ProcessID(rawValue: 4242), thread: ThreadID(rawValue: id), name: thread, processName: "worker")
        for stack in stacks {
            let locations = stack.rootFirst.enumerated().map { depth, name in
                let kind = depth == stack.rootFirst.count - 1 ? leafKind : .native
                return builder.location(
                    at: .process(Address(rawValue: 0x1000)),
                    frames: [Frame(name: name, kind: kind, object: "worker")])
            }
            builder.add(stack: locations.reversed(), thread: identity, values: [stack.value])
        }
        return LiveWindow(
            builder.finish(), ledger: ledger ?? second, ownNanoseconds: 2_000_000, grouping: .process)
    }

    /// A ledger of a second without anything wrong.
    static var second: SampleLedger {
        var ledger = SampleLedger()
        ledger.note(.elapsed, nanoseconds: 1_000_000_000)
        ledger.note(.processor, nanoseconds: 1_000_000_000)
        ledger.note(.covered, nanoseconds: 990_000_000)
        return ledger
    }

    static func update(_ window: LiveWindow, memory: LiveMemory? = nil, isLast: Bool = false) -> LiveUpdate {
        LiveUpdate(window: window, memory: memory, sampler: .ptrace, isLast: isLast)
    }

    static func model(
        mode: SamplingMode = .cpu, columns: Int = 100, rows: Int = 30, _ windows: [LiveWindow] = []
    ) -> LiveModel {
        var model = LiveModel(
            LiveTarget(title: "worker (PID 4242)", mode: mode, rate: 99),
            size: TerminalSize(columns: columns, rows: rows))
        for window in windows { model.add(update(window)) }
        return model
    }

    /// A program that mostly parses, and also writes.
    static var usual: LiveWindow {
        window([(["main", "parse", "lex"], 60), (["main", "parse"], 20), (["main", "write"], 19)])
    }
}

extension ScreenLine {
    /// What is seen of the line.
    var text: String {
        var cells: [Unicode.Scalar] = []
        for span in spans {
            for (offset, scalar) in span.text.unicodeScalars.enumerated() {
                while cells.count <= span.column + offset { cells.append(" ") }
                cells[span.column + offset] = scalar
            }
        }
        var text = String(String.UnicodeScalarView(cells))
        while text.last == " " { text.removeLast() }
        return text
    }

    /// The columns that its text takes at most.
    var width: Int { spans.map { $0.column + TextWidth.atLeast($0.text) }.max() ?? 0 }
}

/// How many columns text takes up at least: what is wide takes two, and everything else that is printable one.
enum TextWidth {
    static func atLeast(_ text: String) -> Int {
        text.unicodeScalars.reduce(0) { $0 + ((0x1100...0x115F).contains($1.value) || $1.value >= 0x2E80 ? 2 : 1) }
    }
}

extension LiveModel {
    var lines: [String] { screen.lines.map(\.text) }

    var text: String { lines.joined(separator: "\n") }

    /// Presses keys one after another; returns what the last one asks for.
    @discardableResult
    mutating func hit(_ keys: LiveKey...) -> LiveAction? {
        var action: LiveAction?
        for key in keys { action = press(key) }
        return action
    }

    mutating func type(_ text: String) {
        for scalar in text.unicodeScalars { _ = press(.character(scalar)) }
    }
}
