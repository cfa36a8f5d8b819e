internal import SystemSupport

/// The columns of shares that the tables of functions and of threads begin with.
struct WeightColumns {
    private struct Column {
        let order: LiveModel.SortOrder
        let title: String
        let share: (LiveHistory.Weights) -> Double
    }

    private static let width = 9
    /// Below these, the name would get less room than the shares.
    private static let widthForAll = 64
    private static let widthForTwo = 32
    private static let widthForOne = 20

    private let columns: [Column]
    private let order: LiveModel.SortOrder
    private let history: LiveHistory
    /// How many of the columns are about the recent span.
    private let recentCount: Int
    let end: Int

    /// - Parameter hasSelf: Whether what is shown has a share of its own and one with its callees.
    init(_ model: LiveModel, hasSelf: Bool) {
        let history = model.history
        let (recent, all) = (history.recentWeight, history.allWeight)
        let recentColumns = [
            Column(order: .recentSelf, title: hasSelf ? "SELF" : "SHARE") { $0.recentSelf.share(of: recent) },
            Column(order: .recentTotal, title: "TOTAL") { $0.recentTotal.share(of: recent) },
        ]
        let allColumns = [
            Column(order: .allSelf, title: hasSelf ? "SELF" : "SHARE") { $0.allSelf.share(of: all) },
            Column(order: .allTotal, title: "TOTAL") { $0.allTotal.share(of: all) },
        ]
        recentCount = hasSelf ? 2 : 1
        let order = model.order
        let wanted = (recentColumns.prefix(recentCount), allColumns.prefix(recentCount))
        // What the table is sorted by is seen where any is.
        let narrow = Array(order.isAll ? wanted.1 : wanted.0)
        columns =
            switch model.size.columns {
            case Self.widthForAll...: Array(wanted.0 + wanted.1)
            case Self.widthForTwo...: narrow
            case Self.widthForOne...: [narrow.first { $0.order == order } ?? narrow[0]]
            default: []
            }
        self.order = order
        self.history = history
        end = columns.isEmpty ? 0 : columns.count * Self.width + 2
    }

    /// Two lines name the spans too.
    func headings(_ name: String, count: Int, columns width: Int) -> [ScreenLine] {
        var titles = ScreenLine(columns: width)
        titles.fill(.heading)
        for (position, column) in columns.enumerated() {
            let isSorted =
                column.order == order || recentCount == 1 && column.order.isAll == order.isAll && order != .name
            titles.append(
                (isSorted ? "▾" : "") + column.title, isSorted ? .sorted : .heading,
                // The mark has one column, and is counted as two.
                endingAt: (position + 1) * Self.width + (isSorted ? 1 : 0))
            titles.skip(to: (position + 1) * Self.width)
        }
        titles.skip(to: end)
        titles.append((order == .name ? "▾" : "") + name, order == .name ? .sorted : .heading)
        return count < 2 ? [titles] : [spans(columns: width), titles]
    }

    /// `last 5.0 s` and `since reset` above their columns.
    private func spans(columns width: Int) -> ScreenLine {
        var line = ScreenLine(columns: width)
        let recent = "last \(NumberText.duration(nanoseconds: history.recentNanoseconds))"
        let all = "all \(NumberText.duration(nanoseconds: history.allNanoseconds))"
        let recentShown = columns.count { !$0.order.isAll }
        if recentShown > 0 { line.append(recent, .quiet, endingAt: max(recentShown * Self.width, recent.count)) }
        if columns.count > recentShown {
            line.skip(to: line.end + 2)
            line.append(all, .quiet, endingAt: columns.count * Self.width)
        }
        return line
    }

    func append(_ weights: LiveHistory.Weights, to line: inout ScreenLine, _ role: TextRole) {
        for (position, column) in columns.enumerated() {
            let share = column.share(weights)
            let isQuiet = share == 0 && role == .plain
            line.append(shareText(share), isQuiet ? .quiet : role, endingAt: (position + 1) * Self.width)
        }
        line.skip(to: end)
    }
}

extension LiveModel.SortOrder {
    fileprivate var isAll: Bool { self == .allSelf || self == .allTotal }
}
