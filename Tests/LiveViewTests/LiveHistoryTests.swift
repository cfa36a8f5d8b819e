import Profiles
import Testing

@testable import LiveView

@Suite struct LiveHistoryTests {
    private func label(_ name: String) -> CallTree.Label { CallTree.Label(name: Spelling(name), kind: .native) }

    @Test func `What is recent are the last windows, and all is what came since the reset`() throws {
        var history = LiveHistory()
        history.add(LiveFixtures.window([(["main", "old"], 10)]))
        for _ in 0..<LiveHistory.recentWindows { history.add(LiveFixtures.window([(["main", "new"], 4)])) }
        let (old, new) = (try #require(history.functions[label("old")]), try #require(history.functions[label("new")]))
        #expect((old.recentSelf, old.allSelf) == (0, 10))
        #expect((new.recentSelf, new.allSelf, new.allTotal) == (20, 20, 20))
        #expect(history.functions[label("main")]?.allTotal == 30)
        #expect((history.recentWeight, history.allWeight) == (20, 30))
        #expect(history.tree(of: .recent)[LiveTree.root].totalWeight == 20)
        #expect(history.tree(of: .sinceReset)[LiveTree.root].totalWeight == 30)
        #expect(history.recentNanoseconds == 5_000_000_000)
    }

    @Test func `A thread's hottest function is the innermost one of most of its samples`() throws {
        var history = LiveHistory()
        history.add(LiveFixtures.window([(["main", "parse"], 5), (["main", "wait"], 3)], thread: "io", id: 7))
        history.add(LiveFixtures.window([(["main", "wait"], 4)], thread: "io", id: 7))
        history.add(LiveFixtures.usual)
        let threads = Dictionary(uniqueKeysWithValues: history.threads.map { ($0.key.name, $0.value) })
        #expect(threads["io"]?.hottest == label("wait"))
        #expect(threads["io"]?.weights.recentSelf == 12)
        #expect(threads["worker"]?.hottest == label("lex"))
    }

    @Test func `What it keeps of ever new functions and stacks is bounded`() {
        var history = LiveHistory()
        for window in 0..<8 {
            let stacks = (0..<3_000).map {
                (rootFirst: ["main", "generated \(window) \($0)", "leaf \($0)"], value: Int64(1))
            }
            history.add(LiveFixtures.window(stacks + [(["main", "hot"], 50)]))
        }
        #expect(history.tree(of: .sinceReset).nodes.count <= 20_000)
        // What is recent has all its functions; without them, only the sums are left.
        for _ in 0..<LiveHistory.recentWindows { history.add(LiveFixtures.window([(["main", "hot"], 50)])) }
        #expect(history.functions.count <= LiveHistory.rowLimit)
        #expect(history.functions[label("hot")]?.allSelf == UInt64(50 * (8 + LiveHistory.recentWindows)))
    }

    @Test func `What it keeps of ever new threads is bounded`() {
        var history = LiveHistory()
        for number in 1...Int32(LiveHistory.rowLimit + 100) {
            let isBusy = number == 1
            history.add(
                LiveFixtures.window([(["main"], isBusy ? 9 : 1)], thread: isBusy ? "busy" : "thread", id: number))
        }
        #expect(history.threads.count <= LiveHistory.rowLimit)
        #expect(history.threads.contains { $0.key.name == "busy" && $0.value.weights.allSelf == 9 })
    }

    @Test func `Evicting nodes of a tree leaves the weights of those that stay`() {
        var tree = LiveTree(nodeLimit: 40)
        for round in 0..<20 {
            let light = (0..<5).map { (rootFirst: ["main", "light \(round) \($0)"], value: Int64(1)) }
            tree.add(LiveFixtures.window(light + [(["main", "heavy", "leaf"], 9)]).tree)
        }
        #expect(tree.nodes.count <= 40)
        let heavy = tree[
            tree.node(at: [CallTree.Label(name: Spelling("worker"), kind: .group), label("main"), label("heavy")])]
        #expect(heavy.label == label("heavy"))
        #expect((heavy.ownWeight, heavy.totalWeight) == (0, 180))
        #expect(tree[LiveTree.root].totalWeight == 280)
    }

    @Test func `Each weight of a search counts once, whatever matches below`() {
        var tree = LiveTree()
        tree.add(LiveFixtures.window([(["parse", "parse", "lex"], 3), (["main", "parse"], 2), (["main"], 5)]).tree)
        #expect(tree.weight(below: LiveTree.root) { $0.name.text == "parse" } == 5)
    }

    @Test(arguments: [
        ("write", "handleClientsWithPendingWrites", true), ("Write", "write", false), ("Write", "handleWrites", true),
        ("", "anything", true), ("straße", "STRASSE", false), ("日本", "日本語", true),
    ]) func `Without upper-case letters, case doesn't matter`(filter: String, name: String, matches: Bool) {
        #expect(NameFilter(filter).matches(name) == matches)
    }
}
