import ArgumentParser
import ProfileModel

/// The command line.
@main
struct Sonde: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "sonde",
        abstract: "Profiles running Linux processes from outside: no restart, no agent, nothing loaded into them.",
        discussion: """
            A thread is stopped only while it runs, only to copy its registers and stack, and is not traced in between. \
            Sleeping threads are read without being stopped. The help of a command shows what else it exits with.
            """ + ExitStatusHelp.text(),
        version: Version.text,
        subcommands: [
            RecordCommand.self, TopCommand.self, ReportCommand.self, DiffCommand.self, DumpCommand.self,
            MemoryCommand.self, HeapCommand.self, LeaksCommand.self, WatchCommand.self, TrendCommand.self,
            AgentCommand.self, DoctorCommand.self, DemoCommand.self,
        ])

    /// As all errors begin.
    static var _errorPrefix: String { "error: " }

    static func main() {
        StandardStream.reserveNumbers()
        DescriptorLimit.inherited?.raise()
        main(nil)
    }
}
