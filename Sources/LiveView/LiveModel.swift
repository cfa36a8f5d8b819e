internal import ProfileModel
internal import Profiles
internal import Sampling
package import SystemSupport

/// The state of the view: what was sampled, what of it is shown, and what keys do to it.
package struct LiveModel: Sendable {
    package enum View: Sendable, CaseIterable {
        case functions
        case threads
        case flame
    }

    /// In the order of the columns.
    package enum SortOrder: Int, Sendable, CaseIterable {
        case recentSelf
        case recentTotal
        case allSelf
        case allTotal
        case name
    }

    enum Overlay: Sendable {
        case help
        /// A filter is being typed; escape brings back the one before.
        case filter(before: NameFilter)
    }

    let target: LiveTarget
    /// The columns and rows of the terminal.
    package var size: TerminalSize
    private var latest = LiveHistory()
    private var latestMemory: LiveMemory?
    /// What was known when the view was paused; `nil` while it isn't.
    private var paused: (history: LiveHistory, memory: LiveMemory?)?
    private(set) var sampler: SamplerKind?
    package private(set) var hasEnded = false
    package private(set) var view: View
    private(set) var order = SortOrder.recentSelf
    private(set) var filter = NameFilter("")
    private(set) var overlay: Overlay?
    var functionList = ListState<CallTree.Label>()
    var threadList = ListState<ProfiledThread>()
    var flame = FlameState()

    package init(_ target: LiveTarget, view: View = .functions, size: TerminalSize) {
        self.target = target
        self.view = view
        self.size = size
    }

    /// What is shown.
    var history: LiveHistory { paused?.history ?? latest }
    var memory: LiveMemory? { paused == nil ? latestMemory : paused?.memory }
    var isPaused: Bool { paused != nil }

    package mutating func add(_ update: LiveUpdate) {
        latest.add(update.window)
        sampler = update.sampler
        hasEnded = update.isLast
        latestMemory = update.memory ?? latestMemory
    }

    /// All targets have ended.
    package mutating func noteEnd() { hasEnded = true }

    // MARK: - Keys

    package mutating func press(_ key: LiveKey) -> LiveAction? {
        switch key {
        // Ctrl-C and Ctrl-\, Ctrl-Z, Ctrl-L.
        case .character("\u{3}"), .character("\u{1C}"): return .quit
        case .character("\u{1A}"): return .suspend
        case .character("\u{C}"): return .redraw
        default: break
        }
        switch overlay {
        case .filter(let before): type(key, before: before)
        case .help:
            overlay = nil
            if key == .character("q") { return .quit }
        case nil: return command(key)
        }
        return nil
    }

    private mutating func type(_ key: LiveKey, before: NameFilter) {
        switch key {
        case .enter: overlay = nil
        case .escape: (filter, overlay) = (before, nil)
        case .backspace:
            if filter.isEmpty { overlay = nil }
            filter = NameFilter(String(filter.text.dropLast()))
        // Ctrl-U clears, as in a shell.
        case .character("\u{15}"): filter = NameFilter("")
        case .character(let scalar) where isTyped(scalar) && filter.text.unicodeScalars.count < Self.filterLimit:
            filter = NameFilter(filter.text + String(scalar))
        default: move(key)
        }
    }

    private static let filterLimit = 200

    private func isTyped(_ scalar: Unicode.Scalar) -> Bool { scalar.properties.generalCategory != .control }

    private mutating func command(_ key: LiveKey) -> LiveAction? {
        switch key {
        case .character("q"), .character("Q"): return .quit
        case .character("?"), .character("h"), .function(1): overlay = .help
        case .character("/"): overlay = .filter(before: filter)
        case .character("p"), .character(" "): paused = isPaused ? nil : (latest, latestMemory)
        case .character("r"): reset()
        case .character("f"): view = view == .flame ? .functions : .flame
        case .character("t"): view = view == .threads ? .functions : .threads
        case .tab: view = View.allCases[((View.allCases.firstIndex(of: view) ?? 0) + 1) % View.allCases.count]
        case .character("s"): order = SortOrder(rawValue: order.rawValue + 1) ?? .recentSelf
        case .character("n"): order = .name
        case .character("c"): flame.span = flame.span == .recent ? .sinceReset : .recent
        case .character(let digit) where ("1"..."5").contains(digit):
            order = SortOrder(rawValue: Int(digit.value) - 0x31) ?? order
        default: move(key)
        }
        return nil
    }

    private mutating func reset() {
        (latest, flame.zoom, flame.selection) = (LiveHistory(), [], [])
        if isPaused { paused = (latest, latestMemory) }
    }

    private mutating func move(_ key: LiveKey) {
        if key == .escape, !filter.isEmpty {
            filter = NameFilter("")
            return
        }
        let page = max(1, bodyRows - 1)
        switch view {
        case .functions: functionList.move(key, in: functionRows.map(\.label), page: page)
        case .threads: threadList.move(key, in: threadRows.map(\.thread), page: page)
        case .flame: flame.move(key, in: history.tree(of: flame.span), columns: size.columns, rows: bodyRows)
        }
    }
}

/// Which row of a list is selected; the list is scrolled to show it.
struct ListState<Row: Hashable & Sendable>: Sendable {
    /// `nil` for none; it may be a row that is gone, or filtered out.
    private(set) var selection: Row?

    mutating func move(_ key: LiveKey, in rows: [Row], page: Int) {
        guard !rows.isEmpty else { return }
        let current = selection.flatMap { rows.firstIndex(of: $0) }
        let target: Int? =
            switch key {
            case .down: current.map { $0 + 1 } ?? 0
            case .up: (current ?? 1) - 1
            case .pageDown: (current ?? 0) + page
            case .pageUp: (current ?? 0) - page
            case .home: 0
            case .end: rows.count - 1
            default: current
            }
        selection = key == .escape ? nil : target.map { rows[min(max(0, $0), rows.count - 1)] }
    }

    /// The first row that is shown.
    func top(in rows: [Row], visible: Int) -> Int {
        guard let position = selection.flatMap({ rows.firstIndex(of: $0) }), position >= visible else { return 0 }
        return min(position - visible / 2, max(0, rows.count - visible))
    }
}
