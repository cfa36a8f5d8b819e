import Foundation
import TestSupport
import Testing

/// Targets behind namespaces, as in containers.
@Suite(.enabled(if: Privileges.isRoot)) struct NamespaceTests {
    /// The process that `unshare --fork` has started.
    private func inner(of unshare: Child) throws -> String {
        let children = try String(contentsOfFile: "/proc/\(unshare.pid)/task/\(unshare.pid)/children", encoding: .utf8)
        return String(try #require(children.split(separator: " ").first))
    }

    /// Starts `recursion 20` in PID, mount and user namespaces of its own, from a file system that only they see.
    private func startHidden(in directory: TemporaryDirectory) throws -> Child {
        let root = "\(directory.path)/root"
        try FileManager.default.createDirectory(atPath: root, withIntermediateDirectories: false)
        let program = Locations.testPrograms.appending(path: "recursion").path
        let script = """
            set -e
            mount -t tmpfs none '\(root)'
            mkdir -p '\(root)'/srv '\(root)'/proc '\(root)'/lib64 '\(root)'/lib/x86_64-linux-gnu
            cp '\(program)' '\(root)'/srv/hidden
            cp /lib64/ld-linux-x86-64.so.2 '\(root)'/lib64/
            cp /lib/x86_64-linux-gnu/libc.so.6 '\(root)'/lib/x86_64-linux-gnu/
            exec chroot '\(root)' /srv/hidden 20
            """
        let unshare = try Child(
            ["/usr/bin/unshare", "-Upfmr", "--mount-proc", "--kill-child", "/bin/sh", "-c", script])
        try unshare.line { $0 == "ready" }
        return unshare
    }

    @Test(arguments: RecordingWay.allCases)
    func `Functions are named by files that only the target sees`(way: RecordingWay) throws {
        let directory = try TemporaryDirectory()
        let unshare = try startHidden(in: directory)
        let target = try inner(of: unshare)
        let recording = try record(way, "-p", target, "-d", "0.5", "-r", "300")
        #expect(recording.samples > 0 && recording.truncatedSamples == 0)
        for stack in recording.stacks {
            #expect(stack.passes(["hidden", "_start", "__libc_start_main", "main", "descend", "spin_at_bottom"]))
        }
        let diagnosis = try sonde("doctor", "-p", target)
        #expect(diagnosis.status == .exited(0))
        #expect(diagnosis.output.contains("its own PID namespace, where it is process 1"))
    }

    /// One process is killed, and another gets its number, between two looks of a sampler that looks every second or so.
    @Test(arguments: RecordingWay.allCases)
    func `A process that gets the number of one that has ended is not taken for it`(way: RecordingWay) throws {
        let programs = Locations.testPrograms.path
        let script = """
            '\(programs)/calibrated' > /dev/null & first=$!
            '\(Locations.sonde.path)' record \(way.rawValue) -r 200 -p $first -f folded -o - 2> summary & sonde=$!
            until grep -qs sonde-sampler /proc/$sonde/task/*/comm; do :; done
            sleep 1
            # While it holds a thread, its end would be told to nobody else.
            halt() {
                kill -STOP $sonde
                while grep -h '^State:' /proc/$sonde/task/*/status | grep -qv stopped; do :; done
            }
            halt
            while grep -h '^TracerPid:' /proc/$first/task/*/status | grep -qvw 0; do
                kill -CONT $sonde
                sleep 0.01
                halt
            done
            kill -KILL $first; wait $first 2> /dev/null
            echo $((first - 1)) > /proc/sys/kernel/ns_last_pid
            '\(programs)/recursion' 20 > /dev/null & second=$!
            kill -CONT $sonde
            [ $second = $first ] || echo "another number;$second" 1
            wait $sonde
            echo "status $?" >> summary
            cat summary >&2
            kill -0 $second || echo "gone;$second" 1
            """
        let directory = try TemporaryDirectory()
        let result = try run(
            ["/usr/bin/unshare", "-pfm", "--mount-proc", "--kill-child", "/bin/bash", "-c", script],
            directory: directory.url)
        #expect(result.errors.contains("until it ended") && result.errors.contains("status 0\n"), "\(result.errors)")
        let recording = try FoldedRecording(parsing: result.output, summary: result.errors)
        #expect(recording.samples > 0)
        #expect(Set(recording.stacks.map { $0.frames[0] }) == ["calibrated"])
        #expect(recording.stacks.allSatisfy { !$0.frames.contains("descend") && !$0.isTruncated })
    }
}
