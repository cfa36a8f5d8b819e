import Foundation
package import ProfileModel

/// A small program that has said "ready" and runs until it is killed or goes.
package final class TestProgram: Sendable {
    package let child: Child
    /// Where it was compiled, when it was compiled for one test.
    private let workshop: Workshop?

    package var pid: Int32 { child.pid }
    package var id: ProcessID { ProcessID(rawValue: child.pid) }

    /// Starts a program of `Tests/Programs` by its name and waits until it is ready.
    ///
    /// Lines that it prints before (`fork_children` names its first children) are left out; see `Child.standardOutput`.
    package init(_ name: String, _ arguments: String..., within limit: Double = 20) throws {
        let path = Locations.testPrograms.appending(path: name).path
        guard FileManager.default.isExecutableFile(atPath: path) else { throw TestSupportError.notBuilt(path: path) }
        workshop = nil
        child = try Self.start([path] + arguments, within: limit)
    }

    /// Starts a program that follows the same rules, by its path.
    package init(at path: String, arguments: [String] = [], within limit: Double = 20) throws {
        workshop = nil
        child = try Self.start([path] + arguments, within: limit)
    }

    /// Compiles C for one test and starts it as a process of that name.
    ///
    /// The source can include `program.h`.
    package init(named name: String, source: String, flags: [String] = [], arguments: [String] = []) throws {
        let workshop = try Workshop()
        let headers = Locations.checkout.appending(path: "Tests/Programs").path
        try workshop.write(source, to: "\(name).c")
        try workshop.run(["gcc", "-O1", "-I", headers, "-o", name] + flags + ["\(name).c", "-pthread"])
        self.workshop = workshop
        child = try Self.start(["\(workshop.directory)/\(name)"] + arguments, within: 20)
    }

    private static func start(_ command: [String], within limit: Double) throws -> Child {
        let child = try Child(command)
        try child.line(within: limit) { $0 == "ready" }
        return child
    }

    /// The next line that it prints.
    package func line(within limit: Double = 20) throws -> String { try child.line(within: limit) }

    /// Waits until so many threads of a name sleep; one that has said "ready" may not have come to that yet.
    package func waitForSleepers(_ count: Int = 1, named name: String) throws {
        let directory = URL(filePath: "/proc/\(pid)/task")
        let areAsleep = try eventually {
            let threads = try FileManager.default.contentsOfDirectory(atPath: directory.path)
            let stats = threads.compactMap {
                try? String(contentsOf: directory.appending(path: "\($0)/stat"), encoding: .utf8)
            }
            return stats.count { $0.contains(" (\(name)) S ") } >= count
        }
        guard areAsleep else {
            throw TestSupportError.timedOut(command: child.command, waitingFor: "threads asleep", output: "")
        }
    }

    package func send(signal: Int32) { child.send(signal: signal) }

    @discardableResult
    package func kill() -> ExitStatus { child.kill() }
}
