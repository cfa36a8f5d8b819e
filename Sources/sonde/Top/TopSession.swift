import LiveView
import ProcFS
import ProfileModel

/// The screen, from the first sample until it is quit.
struct TopSession {
    private var targets: TopTargets
    /// Whether processes that the targets start are sampled as well.
    private let followsChildren: Bool
    private var model: LiveModel
    private let events: TopEvents
    private let begin: ([ProcessID]) throws(CommandFailure) -> TopFeed

    /// - Parameter begin: Starts to sample processes.
    init(
        of targets: TopTargets, followsChildren: Bool, model: LiveModel, events: TopEvents,
        begin: @escaping ([ProcessID]) throws(CommandFailure) -> TopFeed
    ) {
        self.targets = targets
        self.followsChildren = followsChildren
        self.model = model
        self.events = events
        self.begin = begin
    }

    mutating func run() throws(CommandFailure) {
        try TerminalSignals.post(to: events)
        TerminalScreen.waitForForeground()
        var feed = try begin(targets.all)
        // The terminal is given back first: the end of sampling may take a while.
        defer { feed.stop() }
        let screen = try TerminalScreen()
        while true {
            screen.show(model.screen)
            guard let happened = events.wait(), !happened.contains(.interrupted) else { return }
            var actions = screen.keys().compactMap { model.press($0) }
            if happened.contains(.suspended) { actions.append(.suspend) }
            if happened.contains(.continued) { actions.append(.redraw) }
            if actions.contains(.quit) { return }
            if actions.contains(.suspend) {
                screen.leave()
                let updates = feed.finish()
                for update in updates { model.add(update) }
                if followsChildren { targets.add(Set(updates.flatMap(\.window.processes))) }
                TerminalSignals.stop()
                TerminalScreen.waitForForeground()
                if let next = try resume() { feed = next }
            }
            if !actions.isEmpty { screen.invalidate() }
            if happened.contains(.resized) || !actions.isEmpty { resize(screen) }
            for update in feed.takeUpdates() { model.add(update) }
        }
    }

    /// Samples again; `nil` when all targets have ended.
    private mutating func resume() throws(CommandFailure) -> TopFeed? {
        let living = targets.living
        guard !living.isEmpty else {
            model.noteEnd()
            return nil
        }
        return try begin(living)
    }

    private mutating func resize(_ screen: borrowing TerminalScreen) {
        model.size = TerminalScreen.size
        screen.resize(to: model.size)
    }
}

/// The processes that are sampled, distinguished from later ones with the same numbers.
struct TopTargets {
    private let procfs: ProcFS
    private var starts: [(process: ProcessID, ticks: UInt64?)]

    init(_ processes: [ProcessID], _ procfs: ProcFS) {
        self.procfs = procfs
        starts = processes.map { ($0, Self.start(of: $0, procfs)) }
    }

    var all: [ProcessID] { starts.map(\.process) }

    /// Adds processes that were sampled just before.
    mutating func add(_ processes: Set<ProcessID>) {
        for process in processes.subtracting(all).sorted() { starts.append((process, Self.start(of: process, procfs))) }
    }

    /// Those that have not ended.
    var living: [ProcessID] {
        starts.filter { $0.ticks != nil && Self.start(of: $0.process, procfs) == $0.ticks }.map(\.process)
    }

    /// When a process started; `nil` of one that has ended.
    private static func start(of process: ProcessID, _ procfs: ProcFS) -> UInt64? {
        // The first thread of a living process is a zombie too once it has left by pthread_exit(3).
        guard let stat = try? procfs.process(process).stat(), stat.state != .zombie || stat.threadCount > 1
        else { return nil }
        return stat.startTicks
    }
}
