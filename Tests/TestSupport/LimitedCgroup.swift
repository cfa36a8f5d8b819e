import Foundation

/// A cgroup of the kernel's with a memory limit, and one inside it; removed with all that runs in it when it goes.
package final class LimitedCgroup: Sendable {
    /// As the kernel words it, from the root that is mounted here.
    package let path: String
    private let directory: String

    /// Where a cgroup with a memory limit can be made, and the file that limits it; `nil` where it can't.
    private static let place: (directory: String, file: String)? = {
        let places = [
            ("/sys/fs/cgroup", "memory.max", "/sys/fs/cgroup/cgroup.subtree_control"),
            ("/sys/fs/cgroup/memory", "memory.limit_in_bytes", "/sys/fs/cgroup/memory/memory.limit_in_bytes"),
        ]
        for (directory, file, proof) in places where unsafe access(directory, W_OK) == 0 {
            let offered = (try? String(contentsOfFile: proof, encoding: .utf8)) ?? ""
            if file == "memory.max" ? offered.contains("memory") : !offered.isEmpty { return (directory, file) }
        }
        return nil
    }()

    package static var isOffered: Bool { place != nil }

    /// - Parameter limit: Bytes.
    package init(limit: UInt64) throws {
        guard let place = Self.place else { throw CocoaError(.fileWriteNoPermission) }
        path = "/sonde-test-\(UUID().uuidString)"
        directory = place.directory + path
        try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: false)
        try FileManager.default.createDirectory(atPath: inner, withIntermediateDirectories: false)
        try "\(limit)".write(toFile: "\(directory)/\(place.file)", atomically: false, encoding: .utf8)
    }

    deinit {
        for process in processes { kill(process, SIGKILL) }
        // What was killed leaves a cgroup a moment later.
        _ = eventually(within: 5) { unsafe rmdir(inner) == 0 }
        unsafe rmdir(directory)
    }

    /// Where the processes live.
    private var inner: String { "\(directory)/inner" }

    private var processes: [Int32] {
        let text = (try? String(contentsOfFile: "\(inner)/cgroup.procs", encoding: .utf8)) ?? ""
        return text.split(separator: "\n").compactMap { Int32($0) }
    }

    /// Runs a shell script inside, whose last line goes on for as long as the child is to live.
    package func run(_ script: String) throws -> Child {
        try Child(["/bin/sh", "-c", "echo $$ > '\(inner)/cgroup.procs' && \(script)"])
    }
}
