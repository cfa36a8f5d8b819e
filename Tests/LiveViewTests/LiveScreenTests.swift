import MemoryTrends
import ProfileModel
import Profiles
import Sampling
import SystemSupport
import TestSupport
import Testing

@testable import LiveView

/// What the screen shows, at every size.
@Suite struct LiveScreenTests {
    @Test func `A usual screen`() {
        var memory = LiveMemory()
        (memory.resident, memory.own, memory.cpuShare) = (12 << 20, 3 << 20, 0.425)
        (memory.growthPerHour, memory.leak, memory.secondsToLimit) = (48 * 1_048_576, .suspected, 7_200)
        var model = LiveFixtures.model(columns: 100, rows: 12)
        model.add(LiveFixtures.update(LiveFixtures.usual, memory: memory))
        #expect(
            model.text == """
                worker (PID 4242)  CPU 42.5 %  cpu, ptrace, 99 Hz
                99 samples in 1.0 s  cover 99.0 % of CPU time  0 % truncated  0 lost  stopped 0 %  sonde 0.20 % CPU
                memory 12.0 MiB resident  3.0 MiB own  +48.0 MiB/h  leak: suspected  full in 2 h
                        last 1.0 s         all 1.0 s
                    ▾SELF    TOTAL     SELF    TOTAL  FUNCTION
                   60.6 %   60.6 %   60.6 %   60.6 %  lex
                   20.2 %   80.8 %   20.2 %   80.8 %  parse
                   19.2 %   19.2 %   19.2 %   19.2 %  write
                      0 %  100.0 %      0 %  100.0 %  main


                q quit  ? help  f flame graph  t threads  / filter  1-5 sort  p pause  r reset
                """)
    }

    @Test func `Functions of the kernel have a mark`() {
        var model = LiveFixtures.model([LiveFixtures.window([(["main", "schedule"], 9)], leafKind: .kernel)])
        #expect(model.text.contains("100.0 %  schedule [kernel]\n"))
        model.hit(.character("t"))
        #expect(model.text.contains("  schedule [kernel]\n"))
    }

    @Test func `Forty columns keep the names, and what is sorted by`() {
        var model = LiveFixtures.model(columns: 40, rows: 24, [LiveFixtures.usual])
        #expect(model.lines.contains("   60.6 %   60.6 %  lex"))
        model.hit(.character("4"))
        #expect(model.lines.contains("     SELF   ▾TOTAL  FUNCTION"))
        #expect(model.lines.contains("      0 %  100.0 %  main"))
        #expect(model.text.contains("all 1.0 s") && !model.text.contains("last 1.0 s"))
    }

    @Test func `What is wrong with the samples comes first`() {
        var ledger = LiveFixtures.second
        ledger.lose(.queueFull, count: 50)
        var model = LiveFixtures.model(columns: 40, rows: 24)
        model.add(LiveFixtures.update(LiveFixtures.window([(["main"], 9)], ledger: ledger)))
        #expect(model.lines[1] == "50 lost (queue_full)  9 samples in 1.0 s")
    }

    @Test func `Threads come with what each of them does most`() {
        var model = LiveFixtures.model([
            LiveFixtures.window([(["main", "parse"], 30)], thread: "reader", id: 4243), LiveFixtures.usual,
        ])
        model.hit(.character("t"))
        let rows = model.lines.filter { $0.contains("4242/") }
        #expect(
            rows == [
                "   76.7 %   76.7 %  4242/4242  worker            lex",
                "   23.3 %   23.3 %  4242/4243  reader            parse",
            ])
    }

    @Test(arguments: [
        (SamplingMode.cpu, "no thread has run on a CPU"), (.wall, "no thread could be read"),
        (.offCPU, "no thread has left its CPU"),
    ]) func `Nothing to show is explained`(mode: SamplingMode, text: String) {
        var model = LiveFixtures.model(mode: mode)
        #expect(model.text.contains("sampling …"))
        model.add(LiveFixtures.update(LiveFixtures.window([])))
        #expect(model.text.contains(text))
        model.add(LiveFixtures.update(LiveFixtures.window([]), isLast: true))
        #expect(model.text.contains("ENDED") && model.text.contains("q quits"))
    }

    private static let sizes = [(0, 0), (1, 1), (12, 5), (25, 7), (40, 12), (100, 30)].map(
        TerminalSize.init(columns:rows:))

    /// Views of everything that the view has, at a size.
    private func models(_ name: String, _ size: TerminalSize) -> [LiveModel] {
        let window = LiveFixtures.window(
            [([name, name], 50), ([name, "b"], 1), (["c"], 3)], thread: name, id: 7)
        var model = LiveModel(LiveTarget(title: name, mode: .cpu, rate: 99), size: size)
        var memory = LiveMemory()
        (memory.growthPerHour, memory.leak, memory.leakingProcess) = (1e9, .confirmed, name)
        model.add(LiveFixtures.update(window, memory: memory))
        let keys: [[LiveKey]] = [
            [], [.down], [.character("t"), .down], [.character("f"), .down, .down, .enter], [.character("?")],
        ]
        return keys.flatMap { keys in
            var shown = model
            for key in keys { shown.hit(key) }
            var filtered = shown
            filtered.hit(.character("/"))
            filtered.type(String(name.prefix(20)))
            return [shown, filtered]
        }
    }

    @Test(arguments: HostileNames.all) func `No line exceeds the screen, and no name does anything to it`(name: String)
    {
        for size in Self.sizes {
            for model in models(String(name.prefix(500)), size) {
                let screen = model.screen
                #expect(screen.lines.count <= size.rows)
                #expect(screen.lines.allSatisfy { $0.width <= size.columns })
                let scalars = screen.lines.flatMap(\.spans).flatMap(\.text.unicodeScalars)
                #expect(scalars.allSatisfy(PrintableTextRule.isShown))
                guard let cursor = screen.cursor else { continue }
                #expect(cursor.row < max(1, size.rows) && cursor.column < max(1, size.columns))
            }
        }
    }
}

/// What may be written to a terminal: nothing that moves its cursor or changes how text is read.
enum PrintableTextRule {
    static func isShown(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.properties.generalCategory {
        case .control, .format, .lineSeparator, .paragraphSeparator: false
        default: true
        }
    }
}
