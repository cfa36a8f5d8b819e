import Profiles
import Testing

@testable import LiveView

/// What keys do, and what then is shown.
@Suite struct LiveModelTests {
    private var usual: LiveModel { LiveFixtures.model([LiveFixtures.usual, LiveFixtures.usual]) }

    /// The names in the table, from the top.
    private func names(_ model: LiveModel) -> [String] { model.functionRows.map(\.label.name.text) }

    @Test func `Functions are sorted by their own share, and by the column that a key chooses`() {
        var model = usual
        #expect(names(model) == ["lex", "parse", "write", "main"])
        model.hit(.character("2"))
        #expect(names(model) == ["main", "parse", "lex", "write"])
        model.hit(.character("5"))
        #expect(names(model) == ["lex", "main", "parse", "write"])
        model.hit(.character("s"))
        #expect(names(model) == ["lex", "parse", "write", "main"])
    }

    @Test func `A filter is typed, kept, and given up`() {
        var model = usual
        model.hit(.character("/"))
        model.type("R")
        #expect(names(model) == [])
        model.hit(.backspace)
        model.type("rq")
        model.hit(.backspace)
        #expect(names(model) == ["parse", "write"])
        #expect(model.lines.last == "Filter: r")
        #expect(model.screen.cursor == Screen.Cursor(row: 29, column: 9))
        model.hit(.enter)
        #expect(model.screen.cursor == nil)
        #expect(model.text.contains("filter: r"))
        model.hit(.character("/"))
        model.type("ite")
        model.hit(.escape)
        #expect(names(model) == ["parse", "write"], "the filter before")
        model.hit(.escape)
        #expect(names(model).count == 4)
    }

    @Test func `Keys that are commands are letters of a filter while it is typed`() {
        var model = usual
        model.hit(.character("/"))
        #expect(model.hit(.character("q")) == nil)
        #expect(model.hit(.character("\u{3}")) == .quit)
        #expect(model.filter.text == "q")
    }

    @Test func `A pause keeps what is shown, and what came meanwhile is there after it`() {
        var model = usual
        model.hit(.character("p"))
        let before = model.text
        var memory = LiveMemory()
        memory.resident = 5 << 30
        model.add(LiveFixtures.update(LiveFixtures.window([(["main", "fresh"], 5_000)]), memory: memory))
        #expect(model.text == before && before.contains("PAUSED"))
        model.hit(.character("p"))
        #expect(names(model).first == "fresh")
        #expect(model.text.contains("5.0 GiB resident"))
    }

    @Test func `A reset begins anew`() {
        var model = usual
        model.hit(.character("r"))
        #expect(names(model).isEmpty)
        model.add(LiveFixtures.update(LiveFixtures.usual))
        #expect(model.text.contains("99 samples in 1.0 s"))
    }

    @Test func `Letters and control characters ask for what is outside of the view`() {
        var model = usual
        #expect(model.hit(.character("q")) == .quit)
        #expect(model.hit(.character("\u{1A}")) == .suspend)
        #expect(model.hit(.character("\u{C}")) == .redraw)
    }

    @Test func `The selected row is shown in full, and scrolled to`() {
        let long = String(repeating: "template<", count: 20)
        var model = LiveFixtures.model(
            rows: 12,
            [LiveFixtures.window((0..<50).map { (rootFirst: ["main", "\(long)\($0)"], value: Int64(100 - $0)) })])
        for _ in 0..<20 { model.hit(.down) }
        #expect(model.functionList.selection?.name.text == "\(long)19")
        #expect(model.screen.lines.contains { $0.spans.contains { $0.role == .selected } })
        model.hit(.end)
        #expect(model.functionList.selection?.name.text == "main")
        model.hit(.home)
        #expect(model.functionList.selection?.name.text == "\(long)0")
        model.hit(.escape)
        #expect(model.functionList.selection == nil)
    }

    @Test func `Help lists the keys, and any key leaves it`() {
        var model = usual
        model.hit(.character("?"))
        #expect(model.text.contains("flame graph, and back"))
        #expect(model.hit(.down) == nil)
        #expect(!model.text.contains("flame graph, and back"))
    }

    // MARK: - The flame graph

    @Test func `Frames are as wide as their shares, callers above callees`() {
        var model = LiveFixtures.model(columns: 99, [LiveFixtures.usual])
        model.hit(.character("f"))
        let rows = model.lines.dropFirst(3)
        #expect(
            Array(rows.prefix(5)) == [
                ">all", "|worker", "|main",
                "|parse" + String(repeating: " ", count: 74) + "|write", "|lex",
            ])
    }

    @Test func `Arrow keys walk the frames, and Enter zooms`() {
        var model = LiveFixtures.model(columns: 99, [LiveFixtures.usual])
        model.hit(.character("f"), .down, .down, .down)
        #expect(model.text.contains("total 80.8 %  self 20.2 %  parse"))
        model.hit(.right)
        #expect(model.text.contains("total 19.2 %  self 19.2 %  write"))
        model.hit(.left, .down, .enter)
        #expect(model.text.contains("zoomed, 60.6 % of all"))
        #expect(model.flame.zoom.map(\.name.text) == ["worker", "main", "parse", "lex"])
        model.hit(.up)
        #expect(
            model.flame.zoom.map(\.name.text) == ["worker", "main", "parse"], "a caller isn't below what is zoomed to")
        model.hit(.escape, .home)
        #expect(model.flame.zoom.isEmpty && model.flame.selection.isEmpty)
    }

    @Test func `A frame that is gone leaves its caller selected`() {
        var model = LiveFixtures.model(columns: 99, [LiveFixtures.usual])
        model.hit(.character("f"), .down, .down, .down, .down, .enter, .character("r"))
        model.add(LiveFixtures.update(LiveFixtures.window([(["main", "other"], 9)])))
        #expect(model.text.contains("total 100.0 %  self 0 %  all"))
    }

    @Test func `A search marks the frames that match, and says their share`() {
        var model = LiveFixtures.model(columns: 99, [LiveFixtures.usual])
        model.hit(.character("f"), .character("/"))
        model.type("PARSE")
        #expect(model.text.contains("matches 0 %"))
        model.hit(.character("\u{15}"))
        model.type("parse")
        #expect(model.text.contains("matches 80.8 %"))
        #expect(model.text.contains("*parse"))
    }
}
