import HostWatch
import ProfileModel
import Profiles

/// What `sonde report` is to make of a profile.
struct ReportRequest: Codable {
    /// What is kept, by regular expressions and times as the user wrote them.
    struct Selection: Codable {
        /// Seconds since the recording's start.
        var from: Double?
        var to: Double?
        /// Names, `comm-PID/TID` rows or thread IDs.
        var threads: [String] = []
        var focus: [String] = []
        var ignore: [String] = []
        var hide: [String] = []
        var trim: [String] = []
        var splitsLines = false
        var keepsPythonOnly = false
        var foldsImports = false
        /// In tables and trees, and before native frames are dropped; other files have it from their style.
        var omitsIdleWaits = false

        var hasPatterns: Bool { ![focus, ignore, hide, trim].allSatisfy(\.isEmpty) }
    }

    /// What is written.
    enum View: Codable {
        case table(limit: Int?)
        case json(limit: Int?)
        case tree(minimum: Double)
        case callers(of: String, minimum: Double)
        case callees(of: String, minimum: Double)
        case file(format: String, ProfileRendering.Style)
    }

    /// Of the file, for messages.
    var name: String
    var selection: Selection
    var view: View
    /// Of lines of text.
    var columns: Int
}

extension ReportRequest.Selection {
    /// The filter that it describes.
    func filter() throws(PatternError) -> ProfileFilter {
        var filter = ProfileFilter()
        if from != nil || to != nil { filter.time = Self.nanoseconds(from ?? 0)..<Self.nanoseconds(to ?? .infinity) }
        filter.focus = try NamePatterns(focus)?.test
        filter.ignore = try NamePatterns(ignore)?.test
        filter.hide = try NamePatterns(hide)?.test
        filter.trim = try NamePatterns(trim)?.test
        filter.splitsLines = splitsLines
        filter.keepsPythonOnly = keepsPythonOnly
        filter.foldsImports = foldsImports
        if let threads = try NamePatterns(threads) { filter.threads = threads.isNamed }
        return filter
    }

    private static func nanoseconds(_ seconds: Double) -> UInt64 { UInt64(exactly: (seconds * 1e9).rounded()) ?? .max }
}

/// Regular expressions of a user, any of which may be found in a name.
///
/// One without a capital letter ignores case.
struct NamePatterns: Sendable {
    private let patterns: [Pattern]

    /// `nil` without any.
    init?(_ texts: [String]) throws(PatternError) {
        guard !texts.isEmpty else { return nil }
        var patterns: [Pattern] = []
        for text in texts { patterns.append(try Pattern(text.contains(where: \.isUppercase) ? text : "(?i)" + text)) }
        self.patterns = patterns
    }

    var test: ProfileFilter.NameTest {
        { [patterns] name in patterns.contains { $0.isFound(in: Array(name.utf8)) } }
    }

    /// Whether a thread has such a name, or such a number.
    @Sendable func isNamed(_ thread: ProfiledThread) -> Bool {
        test(Grouping.thread.rowName(for: thread)) || test(thread.name)
    }
}
