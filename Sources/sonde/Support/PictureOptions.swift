import ArgumentParser
import ProfileFormats
import Profiles

extension FlameGraph.View.Order: ExpressibleByArgument {}

extension FlameGraph.Colours: ExpressibleByArgument {}

/// How a profile is shown.
struct PictureOptions: ParsableArguments {
    enum GroupBy: String, ExpressibleByArgument, CaseIterable {
        case process
        case command
        case thread
        case merged = "none"
    }

    @Flag(
        inversion: .prefixedNo,
        help: """
            Draw the flame graph with its root at the top, or at the bottom. (default: at the bottom, unless the graph is \
            higher than a screen)
            """)
    var icicle: Bool?

    @Flag(help: "Draw the functions in which stacks end at the root, and their callers on them.")
    var inverted = false

    @Option(help: "Order of the callees of a function in the flame graph, from the left.")
    var order = FlameGraph.View.Order.name

    @Option(
        help: """
            What colours stand for. kind: native, inlined, kernel, generated code or Python. object: the object file, whose colour \
            is the same in every graph. thread: the thread; grey where there are several. (default: kind)
            """)
    var colors: FlameGraph.Colours?

    @Option(
        help: """
            What stacks stand on. process: a row for each process. command: one for all processes of a name. thread: one \
            for each thread. none: all are merged. (default: process; command when there is one process)
            """)
    var groupBy: GroupBy?

    @Flag(name: [.short, .long], help: "Show each thread separately; the same as --group-by thread.")
    var threads = false

    @Flag(
        help: """
            Leave out stacks that sleep in idle waits, such as epoll_wait, poll, pthread_cond_wait, futex waits, nanosleep \
            and accept.
            """)
    var noIdle = false

    @Flag(help: "Show the frames of Python's import system, and what they call in between, as one frame [importlib].")
    var foldImports = false

    func validate() throws {
        if threads, let groupBy, groupBy != .thread {
            throw ValidationError("-t and --group-by \(groupBy.rawValue) exclude each other.")
        }
    }

    /// Refuses options that the format has no use for.
    func check(for format: ProfileFormat?) throws {
        if let icicle, format?.isPicture != true {
            throw ValidationError(
                "\(icicle ? "--icicle" : "--no-icicle") applies to flame graphs: use -f svg or -f html.")
        }
        if colors != nil, format?.isPicture != true {
            throw ValidationError("--colors applies to flame graphs: use -f svg or -f html.")
        }
        guard inverted || order != .name, format?.isPicture != true else { return }
        throw ValidationError("\(inverted ? "--inverted" : "--order") applies to flame graphs: use -f svg or -f html.")
    }

    /// How a profile is shown where its format leaves that open.
    func style(columns: Int) -> ProfileRendering.Style {
        ProfileRendering.Style(grouping: grouping, view: view, columns: columns)
    }

    /// Refuses what a table or a tree has no use for.
    func checkIsUnused() throws {
        try check(for: nil)
        guard groupBy == nil, !threads else {
            throw ValidationError("--group-by and -t don't apply to tables and trees of functions.")
        }
    }

    private var grouping: Grouping? {
        switch threads ? .thread : groupBy {
        case .process: .processWithID
        case .command: .process
        case .thread: .thread
        case .merged: .merged
        case nil: nil
        }
    }

    /// What a flame graph shows when it is opened.
    private var view: FlameGraph.View {
        FlameGraph.View(
            orientation: icicle.map { $0 ? .icicles : .flames }, isInverted: inverted, order: order,
            omitsIdleWaits: noIdle, colours: colors ?? .kind)
    }
}
