import DebugInfo
import Foundation
import Glibc
import ObjectFiles
import ProfileModel
import Synchronization
import SystemSupport
import TestSupport
import Testing

/// Debug files that no directory has, but a server.
@Suite struct DownloadedDebugFileTests {
    /// Gives files by build-id, whatever their own one is.
    private final class Servers: DebugFileSource {
        let hasServers: Bool
        let asked = Mutex<[BuildID]>([])
        private let files: [BuildID: String]

        init(_ files: [BuildID: String], areNamed: Bool = true) {
            self.files = files
            hasServers = areNamed
        }

        func candidate(from index: Int, for query: DebugFileQuery, of object: ObjectID) -> DebugFileCandidate? {
            guard case .server(let id) = query else { return nil }
            asked.withLock { $0.append(id) }
            guard index == 0, let path = files[id], let file = try? OwnedDescriptor(opening: path, flags: O_RDONLY)
            else { return nil }
            return DebugFileCandidate(index: 0, file: file)
        }
    }

    private let program: CompiledProgram

    /// A stripped program; its debug file refers to what dwz moved out of it.
    init() throws {
        program = try CompiledProgram(
            ["-g", "-Wl,--build-id"],
            then: [
                "cp program other", "dwz -m common.debug -M /nowhere/common.debug program other",
                "objcopy --only-keep-debug program program.debug", "strip -s program",
            ])
    }

    private func buildID(of name: String) throws -> BuildID {
        let notes = try program.workshop.run(["eu-readelf", "-n", name])
        let digits = try #require(notes.firstMatch(of: /Build ID: ([0-9a-f]+)/)).1
        return BuildID(
            bytes: stride(from: 0, to: digits.count, by: 2).compactMap { start in
                UInt8(digits.dropFirst(start).prefix(2), radix: 16)
            })
    }

    private func open(_ source: Servers) throws -> ObjectFile {
        try ObjectFile(
            id: ObjectID(rawValue: 1), path: program.path,
            descriptor: try OwnedDescriptor(opening: program.path, flags: O_RDONLY), debugFiles: source)
    }

    @Test func `What comes gives names, lines and inlined calls, and is asked for once`() throws {
        let (own, common) = (try buildID(of: "program"), try buildID(of: "common.debug"))
        let directory = program.workshop.directory
        let source = Servers([own: "\(directory)/program.debug", common: "\(directory)/common.debug"])
        let object = try open(source)
        #expect(CompiledProgram.addresses(of: "work", in: object).isEmpty)
        for _ in 1...2 { object.downloadDebugFile() }
        let addresses = CompiledProgram.addresses(of: "work", in: object)
        let store = DebugInformationStore()
        let calls = addresses.map { store.calls(at: $0, in: object) }
        #expect(calls.contains { $0.map(\.name) == ["deepest", "middle", "work"] && $0[0].source?.line == 3 })
        #expect(source.asked.withLock(\.self) == [own, common])
    }

    @Test func `Another program's debug file is not used`() throws {
        let own = try buildID(of: "program")
        let source = Servers([own: "\(program.workshop.directory)/common.debug"])
        let object = try open(source)
        object.downloadDebugFile()
        #expect(CompiledProgram.addresses(of: "work", in: object).isEmpty)
        // The second time says that the first one's file was not the right one.
        #expect(source.asked.withLock(\.self) == [own, own])
    }

    @Test func `Without servers nothing is asked for`() throws {
        let source = Servers([:], areNamed: false)
        try open(source).downloadDebugFile()
        #expect(source.asked.withLock(\.self) == [])
    }
}
