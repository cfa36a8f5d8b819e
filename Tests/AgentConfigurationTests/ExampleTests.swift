import AgentConfiguration
import Foundation
import HostWatch
import Testing

/// `tools/config/config.example.yaml` says what is true.
@Suite struct ExampleTests {
    @Test func `What is not commented out is the default`() throws {
        let loaded = try load(try exampleText())
        #expect(loaded.configuration == AgentConfiguration())
        #expect(loaded.warnings.isEmpty)
    }

    /// With all keys that are commented out put in.
    private func completeText() throws -> String {
        try exampleText()
            .replacing("groups: []\n", with: "").replacing("pools: []\n", with: "")
            .replacing(try Regex("(?m)^( *)#(?=- |[a-z_]+:( |$))"), with: { $0[1].substring ?? "" })
    }

    @Test func `It holds every key`() throws {
        let complete = try load(try completeText()).configuration
        let shown = ConfigurationText(complete).text
        let defaults = ConfigurationText(AgentConfiguration()).text
        // What the example sets beyond the defaults has to be all that can be set.
        for key in ["state_directory", "config_file"] {
            #expect(shown.contains("\(key): ") && !defaults.contains("\(key): "))
        }
        let rule = try #require(complete.watch.rules.first)
        #expect(rule.name == "worker {{.Matches.queue}}" && rule.commands == ["python3", "ruby"])
        #expect(rule.executables.count == 2 && rule.commandLine.count == 1 && rule.users == ["deploy", "1000"])
        #expect(rule.cgroup != nil && rule.container != nil && rule.minimumResident == 16 << 20)
        #expect(complete.watch.pools.map(\.maximum) == [100])
        let lines = Set(
            try exampleText().split(separator: "\n").map { $0.trimmingPrefix { " #-".contains($0) } }
                .compactMap { $0.split(separator: ":").first.map(String.init) })
        for key in ConfigurationText.keys {
            let name = try #require(key.split(separator: ".").last)
            let isInline = ["above", "for"].contains(name)
            #expect(lines.contains(String(name)) || isInline, "\(key) is not in the example")
        }
    }
}
