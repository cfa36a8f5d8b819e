import Foundation
import ProfileModel
import SystemSupport
import TestSupport
import Testing

@testable import Debuginfod

/// Which servers are asked for a file, and which ones any more.
@Suite struct DownloadServersTests {
    /// What servers answer, by URL, and what they were asked.
    private final class Network {
        var failures: [String: Int32]
        var asked: [[String]] = []
        var lost: [String: Int32] = [:]
        var hasBegun = false

        init(_ failures: [String: Int32]) { self.failures = failures }

        /// As the library does: the file if any server has it, else the error of the server that fails last: here the last one.
        func ask(_ urls: [String]) -> DownloadServers.Answer {
            asked.append(urls)
            guard let file = try? OwnedDescriptor(duplicating: STDIN_FILENO),
                urls.contains(where: { failures[$0] == nil })
            else { return .failed(errno: urls.compactMap { failures[$0] }.last ?? 0, hasBegun: hasBegun) }
            return .found(DownloadedFile(file))
        }

        /// The error; 0 where the file was found.
        func find(_ servers: inout DownloadServers) -> Int32 {
            let answer = servers.find(asking: ask) { lost[$0] = $1 }
            if case .failed(let number, _) = answer { return number }
            return 0
        }
    }

    @Test func `A server that is down is asked once`() {
        let network = Network(["http://a": ECONNREFUSED])
        var servers = DownloadServers(variable: " http://a ")
        #expect(network.find(&servers) == ECONNREFUSED)
        #expect(network.find(&servers) == ECONNREFUSED)
        #expect(network.asked == [["http://a"]])
        #expect(network.lost == ["http://a": ECONNREFUSED])
    }

    @Test func `Of several servers only the one that is down is not asked again`() {
        let network = Network(["http://a": ENOENT, "http://b": ETIME])
        var servers = DownloadServers(variable: "http://a http://b")
        #expect(network.find(&servers) == ENOENT)
        #expect(network.asked == [["http://a", "http://b"], ["http://a"], ["http://b"]])
        #expect(servers.urls == ["http://a"] && network.lost == ["http://b": ETIME])
        network.failures["http://a"] = nil
        #expect(network.find(&servers) == 0)
    }

    @Test func `A server that is down is noticed where the answer of another hides it`() {
        let network = Network(["http://a": ETIME, "http://b": ENOENT])
        var servers = DownloadServers(variable: "http://a http://b")
        #expect(network.find(&servers) == ENOENT)
        #expect(servers.urls == ["http://b"] && servers.hasLost && network.lost == ["http://a": ETIME])
    }

    @Test func `Servers that have answered by themselves are asked together`() {
        let network = Network(["http://a": ENOENT, "http://b": ENOENT])
        var servers = DownloadServers(variable: "http://a http://b")
        for _ in 1...2 { #expect(network.find(&servers) == ENOENT) }
        #expect(network.asked == [["http://a", "http://b"], ["http://a"], ["http://b"], ["http://a", "http://b"]])
        #expect(!servers.hasLost)
    }

    @Test func `A failure of one server is not hidden by another that has no file`() {
        let network = Network(["http://a": EMLINK, "http://b": ENOENT])
        var servers = DownloadServers(variable: "http://a http://b")
        #expect(network.find(&servers) == EMLINK)
        #expect(network.lost.isEmpty)
    }

    @Test(arguments: [("", false), ("debug", true)])
    func `A mark that no server has a file is removed, and no file`(content: String, remains: Bool) throws {
        let directory = try TemporaryDirectory()
        let id = BuildID(bytes: [0xab, 1])
        let file = "\(directory.path)/ab01/debuginfo"
        try FileManager.default.createDirectory(
            atPath: "\(directory.path)/ab01", withIntermediateDirectories: false)
        try directory.write(content, to: "ab01/debuginfo")
        let cache = try DownloadCache(home: nil) { $0 == "DEBUGINFOD_CACHE_PATH" ? directory.path : nil }
        cache.discardMiss(of: id)
        #expect(FileManager.default.fileExists(atPath: file) == remains)
    }

    @Test func `A server that has no file, or fails while it sends one, is asked again`() {
        let network = Network(["http://a": ENOENT])
        var servers = DownloadServers(variable: "http://a")
        #expect(network.find(&servers) == ENOENT)
        network.failures["http://a"] = ETIME
        network.hasBegun = true
        #expect(network.find(&servers) == ETIME)
        network.failures["http://a"] = ECONNRESET
        #expect(network.find(&servers) == ECONNRESET)
        #expect(network.asked.count == 3 && network.lost.isEmpty)
    }

    @Test func `Servers with a policy stay together`() {
        let servers = DownloadServers(variable: "ima:enforcing http://a ima:ignore http://b")
        #expect(servers.urls == ["ima:enforcing http://a ima:ignore http://b"])
    }

    @Test(arguments: [
        ("NAME=x\nID=debian\n", "https://debuginfod.debian.net"),
        ("ID=\"opensuse-leap\"\n", "https://debuginfod.opensuse.org/"),
        ("ID_LIKE=debian\nID=mint", "https://debuginfod.elfutils.org/"), ("", "https://debuginfod.elfutils.org/"),
    ]) func `A distribution has a server of its own, or that of all`(text: String, url: String) {
        #expect(DistributionServer(osRelease: text).url == url)
    }
}
