import Glibc
import ProcFS
import ProfileModel
import TargetProcess
import TestSupport
import Testing

/// Diagnoses in made-up `/proc` trees: users, capabilities and settings that a test can't have.
///
/// The files of the trees belong to root or to the user who runs the test, and so do the processes in them.
@Suite struct FakeAttachDiagnosisTests {
    private static let target = ProcessID(rawValue: 42)
    private static let me = getuid()

    private struct Tree {
        var ownUser = FakeAttachDiagnosisTests.me
        var ownCapabilities = "0"
        var ownBounding = "1ffffffffff"
        var ownNoNewPrivileges = 0
        var targetUser = FakeAttachDiagnosisTests.me
        var targetCapabilities = "0"
        var targetParent = 1
        var yama: Int?
        /// Where the last mapping ends.
        var addressSpaceEnd: UInt64 = 0x7fff_0000_1000

        func diagnosis(of process: ProcessID = target) throws -> AttachRefusal? {
            let root = try TemporaryDirectory()
            try root.write(status(99, ownUser, ownCapabilities, ownBounding), to: "99/status")
            try root.write(stat(99, parent: 1), to: "99/stat")
            _ = unsafe symlink("99", "\(root.path)/self")
            try root.write(status(42, targetUser, targetCapabilities, "0"), to: "42/status")
            try root.write(stat(42, parent: targetParent), to: "42/stat")
            let bounds = [addressSpaceEnd - 0x1000, addressSpaceEnd].map { String($0, radix: 16) }
            try root.write("\(bounds.joined(separator: "-")) r-xp 00000000 00:00 0 \n", to: "42/maps")
            if let yama { try root.write("\(yama)\n", to: "sys/kernel/yama/ptrace_scope") }
            return ProcFS(root: root.path).diagnoseAttach(to: process)
        }

        private func status(_ id: Int32, _ user: UInt32, _ capabilities: String, _ bounding: String) -> String {
            let identity = "\(user)\t\(user)\t\(user)\t\(user)"
            return "Name:\tx\nTgid:\t\(id)\nPid:\t\(id)\nTracerPid:\t0\nUid:\t\(identity)\nGid:\t\(identity)\n"
                + "NSpid:\t\(id)\t7\nCapPrm:\t\(capabilities)\nCapEff:\t\(capabilities)\nCapBnd:\t\(bounding)\n"
                + "NoNewPrivs:\t\(ownNoNewPrivileges)\n"
        }

        private func stat(_ id: Int, parent: Int) -> String {
            "\(id) (x) S \(parent) 1 1 0 -1 0 0 0 0 0 0 0 0 0 20 0 1 0 100 0 0\n"
        }
    }

    private func reason(_ change: (inout Tree) -> Void) throws -> AttachRefusal.Reason? {
        var tree = Tree()
        change(&tree)
        return try tree.diagnosis()?.reason
    }

    @Test func acceptsAProcessOfTheSameUser() throws {
        #expect(try reason { _ in } == nil)
    }

    @Test func refusesAnotherUsersProcess() throws {
        #expect(
            try reason {
                $0.ownUser = 1000; $0.targetUser = 1001
            } == .otherUser(1001, .superuser))
        #expect(
            try reason {
                $0.ownUser = 1000; $0.targetUser = 1001; $0.ownNoNewPrivileges = 1
            }
                == .otherUser(1001, .newSession))
        #expect(
            try reason {
                $0.ownUser = 0; $0.targetUser = 1001
            } == .otherUser(1001, .raise))
    }

    @Test func namesTheContainerThatLacksTheCapability() throws {
        #expect(
            try reason {
                $0.ownUser = 0; $0.targetUser = 1001; $0.ownBounding = "a80425fb"
            }
                == .otherUser(1001, .outsideContainer))
    }

    @Test func acceptsAnythingWithTheCapability() throws {
        #expect(
            try reason {
                $0.ownCapabilities = "80000"; $0.targetUser = 1001; $0.yama = 2
            } == nil)
    }

    @Test func refusesAProcessWithMoreCapabilities() throws {
        #expect(
            try reason { $0.targetCapabilities = "400" } == .morePrivileged(Self.me == 0 ? .raise : .superuser))
    }

    @Test func infersThatAProcessIsNotDumpableFromTheOwnerOfItsFiles() throws {
        let other = Self.me + 1000
        let refusal = try #require(try Tree(ownUser: other, targetUser: other).diagnosis())
        #expect(refusal.reason == .notDumpable(.superuser))
        #expect(!refusal.isCertain)
    }

    @Test(arguments: [0, 1, 2, 3]) func heedsYama(level: Int) throws {
        let refusal = try Tree(ownNoNewPrivileges: 0, yama: level).diagnosis()
        let way: AttachRefusal.Escalation = Self.me == 0 ? .raise : .superuser
        #expect(refusal?.reason == (level == 0 ? nil : .yama(level: level, way)))
        #expect(refusal?.exitCode == (level == 0 ? nil : 77))
        #expect(refusal?.isCertain == (level == 0 ? nil : level > 1))
    }

    @Test func letsYamaOneTraceItsOwnDescendants() throws {
        #expect(
            try reason {
                $0.yama = 1; $0.targetParent = 99
            } == nil)
    }

    @Test func obeysYamaThreeEvenWithTheCapability() throws {
        #expect(
            try reason {
                $0.yama = 3; $0.ownCapabilities = "80000"
            } == .yama(level: 3, Self.me == 0 ? .raise : .superuser))
    }

    @Test func refusesThirtyTwoBitPrograms() throws {
        #expect(try reason { $0.addressSpaceEnd = 1 << 32 } == .thirtyTwoBit)
        #expect(try reason { $0.addressSpaceEnd = (1 << 32) + 0x1000 } == nil)
    }

    @Test func findsTheNumberInsideAContainer() throws {
        let refusal = try Tree().diagnosis(of: ProcessID(rawValue: 7))
        guard case .numberedInContainer(let found) = refusal?.reason else {
            Issue.record("\(String(describing: refusal))")
            return
        }
        #expect(found.contains(Self.target))
    }

    @Test func endsOnACircleOfParents() throws {
        #expect(
            try reason {
                $0.yama = 1; $0.targetParent = 42
            } != nil)
    }

    @Test(arguments: [
        AttachRefusal.Reason.noSuchProcess, .threadOf(target), .numberedInContainer([target]), .hiddenProcesses,
        .isSelf,
        .zombie(parent: nil), .zombie(parent: .init(id: target, name: "a\u{1B}[2Jb")),
        .kernelThread(name: "k\nworker"), .alreadyTraced(by: .init(id: target, name: "g\u{202E}db")), .thirtyTwoBit,
        .otherUser(7, .superuser), .morePrivileged(.raise), .notDumpable(.outsideContainer),
        .yama(level: 1, .superuser), .yama(level: 2, .newSession), .yama(level: 3, .superuser), .systemCallFiltered,
        .shielded, .failed(errno: 5),
    ])
    func speaksInWholeSentencesOnOneLine(reason: AttachRefusal.Reason) {
        let refusal = AttachRefusal(Self.target, reason)
        #expect(!refusal.cause.hasSuffix(".") && refusal.remedy.hasSuffix("."))
        #expect(refusal.description.unicodeScalars.allSatisfy { $0.properties.generalCategory != .control })
        #expect(refusal.description.unicodeScalars.allSatisfy { $0.properties.generalCategory != .format })
    }
}
