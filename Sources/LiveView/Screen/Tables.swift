internal import ProfileModel
internal import Profiles
internal import Sampling
internal import SystemSupport

/// The functions, with what each of them accounts for.
struct FunctionTable: ScreenBody {
    private let model: LiveModel

    init(_ model: LiveModel) { self.model = model }

    var detailLine: ScreenLine? {
        model.functionList.selection.map {
            ScreenLine(printable($0.name.text), .strong, columns: model.size.columns)
        }
    }

    func lines(rows limit: Int, headings: Int) -> [ScreenLine] {
        let (rows, width) = (model.functionRows, model.size.columns)
        let columns = WeightColumns(model, hasSelf: true)
        let top = model.functionList.top(in: rows.map(\.label), visible: limit)
        var lines = columns.headings("FUNCTION", count: headings, columns: width)
        if rows.isEmpty { return lines + EmptyText(model).lines(rows: limit) }
        for row in rows.dropFirst(top).prefix(limit) {
            let isSelected = row.label == model.functionList.selection
            var line = ScreenLine(columns: width)
            if isSelected { line.fill(.selected) }
            let role: TextRole = isSelected ? .selected : .plain
            columns.append(row.weights, to: &line, role)
            let name = printable(row.label.name.text) + row.label.kind.mark
            line.append(name, isSelected ? .selected : row.label.kind.role)
            lines.append(line)
        }
        return lines
    }
}

extension CallTree.RowKind {
    /// Quiet where there is no function with a name.
    fileprivate var role: TextRole { self == .unknown || self == .truncated ? .quiet : .plain }
}

/// The threads that were sampled, with the function that each of them spends most of its time in.
struct ThreadTable: ScreenBody {
    private let model: LiveModel
    private static let nameWidth = 18

    init(_ model: LiveModel) { self.model = model }

    var detailLine: ScreenLine? { nil }

    func lines(rows limit: Int, headings: Int) -> [ScreenLine] {
        let (rows, width) = (model.threadRows, model.size.columns)
        let columns = WeightColumns(model, hasSelf: false)
        let top = model.threadList.top(in: rows.map(\.thread), visible: limit)
        let numberWidth = max(7, rows.map { $0.thread.numbers.count }.max() ?? 0)
        let title =
            TextColumns.padded("PID/TID", to: numberWidth + 2) + TextColumns.padded("THREAD", to: Self.nameWidth)
            + "HOTTEST FUNCTION"
        var lines = columns.headings(title, count: headings, columns: width)
        if rows.isEmpty { return lines + EmptyText(model).lines(rows: limit) }
        for row in rows.dropFirst(top).prefix(limit) {
            let isSelected = row.thread == model.threadList.selection
            var line = ScreenLine(columns: width)
            if isSelected { line.fill(.selected) }
            let role: TextRole = isSelected ? .selected : .plain
            columns.append(row.activity.weights, to: &line, role)
            line.append(row.thread.numbers, role)
            line.skip(to: columns.end + numberWidth + 2)
            line.append(TextColumns.clipped(printable(row.thread.name), to: Self.nameWidth - 2), role)
            line.skip(to: columns.end + numberWidth + 2 + Self.nameWidth)
            line.append(row.activity.hottest.map { printable($0.name.text) + $0.kind.mark } ?? "–", role)
            lines.append(line)
        }
        return lines
    }
}

/// Why there is nothing to show.
struct EmptyText {
    private let model: LiveModel

    init(_ model: LiveModel) { self.model = model }

    func lines(rows: Int) -> [ScreenLine] {
        let words: [ScreenLine.Part] = text.split(separator: " ").map { (printable($0), .quiet) }
        let lines = ScreenLine.flowing(words, gap: 1, columns: model.size.columns)
        return Array(([ScreenLine(columns: model.size.columns)] + lines).prefix(max(0, rows)))
    }

    private var text: String {
        if !model.filter.isEmpty { return "nothing matches the filter; Esc clears it" }
        if let losses = LossText(model.history.ledger.losses).ofEmptyRecording {
            return losses.split(separator: "\n").joined(separator: ";")
        }
        if model.hasEnded { return "the processes have ended; q quits" }
        if model.history.allNanoseconds == 0 { return "sampling …" }
        return switch model.target.mode {
        case .cpu: "no thread has run on a CPU yet; --mode wall shows what threads wait for"
        case .wall: "no thread could be read yet; sonde doctor -p PID shows why"
        case .offCPU: "no thread has left its CPU yet; --mode cpu shows what threads do there"
        }
    }
}
