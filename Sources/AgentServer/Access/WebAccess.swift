import Foundation
import Logging
import Synchronization
import SystemSupport

/// Who may connect: the web configuration file, with its certificates, as they were when they could last be read.
///
/// They are checked again while connections and requests come, and changes are in force about a second later.
package final class WebAccess: Sendable {
    /// The files as they were read once.
    package struct Files: Sendable {
        fileprivate var configuration = WebConfiguration()
        fileprivate var tls: TLSService?
        fileprivate var signatures: [String: FileStatus.Version?] = [:]

        /// What these do without and those before did not.
        fileprivate func lost(since before: Files) -> [AccessProtection] {
            AccessProtection.allCases.filter { before.configuration.has($0) && !configuration.has($0) }
        }
    }

    private let file: String?
    private let current = Mutex(Files())
    private let check: SharedFileCheck

    /// - Parameters:
    ///   - file: the path of a web configuration file; `nil` for no TLS and no authentication.
    ///   - pause: between two checks of the files.
    package init(file: String?, pause: Duration = .seconds(1)) throws(WebConfigurationError) {
        self.file = file
        check = SharedFileCheck(pause: pause)
        try reload()
    }

    /// Reads all files again; when one of them is wrong, what was read before stays in force.
    package func reload() throws(WebConfigurationError) { adopt(try prepare()) }

    /// Reads all files, and changes nothing.
    package func prepare() throws(WebConfigurationError) -> Files { try file.map(Self.load) ?? Files() }

    /// From now on who may connect goes by these files; returns what protected until now and doesn't any more.
    @discardableResult
    package func adopt(_ files: Files) -> [AccessProtection] {
        current.withLock { current in
            defer { current = files }
            return files.lost(since: current)
        }
    }

    package var requiresAuthentication: Bool { current.withLock { !$0.configuration.users.isEmpty } }
    package var usesTLS: Bool { current.withLock { $0.tls != nil } }
    var users: [String: String] { current.withLock { $0.configuration.users } }
    var headers: [String: String] { current.withLock { $0.configuration.headers } }

    /// TLS for a new connection, `nil` for none; it has the files checked again, and doesn't wait for it.
    func tls(logger: Logger) -> TLSService? {
        if file != nil { check.begin { self.readChanges(logger) } }
        return current.withLock { $0.tls }
    }

    /// Checks whether the files have changed, unless that was just done.
    ///
    /// When the disk hangs, it waits for a second at most, and what was read before stays in force.
    func refresh(logger: Logger) async {
        if file != nil { await check.run { self.readChanges(logger) } }
    }

    /// Takes changed files, unless less protects than before: a file that is being written, or that a full disk cut off,
    /// can be right and say less.
    private func readChanges(_ logger: Logger) {
        guard let file else { return }
        let known = current.withLock { $0 }
        let now = Self.signatures(of: Array(known.signatures.keys))
        guard now != known.signatures else { return }
        do {
            let files = try Self.load(file)
            let lost = files.lost(since: known).map(\.rawValue).joined(separator: ", ")
            guard lost.isEmpty else {
                note(now, insteadOf: known.signatures)
                logger.error(
                    "the web configuration protects less than before; the previous one stays in force until a reload",
                    metadata: ["file": "\(file)", "lost": "\(lost)"])
                return
            }
            take(files, insteadOf: known.signatures)
            logger.notice("web configuration read again", metadata: ["file": "\(file)"])
        } catch {
            note(now, insteadOf: known.signatures)
            logger.error(
                "the changed web configuration can't be used; the previous one stays in force",
                metadata: ["error": "\(error)"])
        }
    }

    /// Takes files, unless others were adopted meanwhile.
    private func take(_ files: Files, insteadOf known: [String: FileStatus.Version?]) {
        current.withLock { if $0.signatures == known { $0 = files } }
    }

    /// So that what is wrong is said once for each version of the files.
    private func note(_ signatures: [String: FileStatus.Version?], insteadOf known: [String: FileStatus.Version?]) {
        current.withLock { if $0.signatures == known { $0.signatures = signatures } }
    }

    private static func load(_ file: String) throws(WebConfigurationError) -> Files {
        var signatures = signatures(of: [file])
        let configuration = try WebConfigurationFile(path: file).parse(text(of: file))
        // Before they are read, so that what changes meanwhile is seen the next time.
        signatures.merge(Self.signatures(of: configuration.tls?.files ?? [])) { first, _ in first }
        let tls = try configuration.tls.map { tls throws(WebConfigurationError) in try TLSService(tls, file: file) }
        return Files(configuration: configuration, tls: tls, signatures: signatures)
    }

    private static func text(of file: String) throws(WebConfigurationError) -> String {
        let bytes: Data?
        do {
            let handle = try FileHandle(forReadingFrom: URL(filePath: file))
            defer { try? handle.close() }
            bytes = try handle.read(upToCount: WebConfigurationFile.maximumBytes + 1)
        } catch {
            throw WebConfigurationError(
                file: file, line: nil, reason: "it can't be read: \(error.localizedDescription)")
        }
        guard let text = String(bytes: bytes ?? Data(), encoding: .utf8),
            text.utf8.count <= WebConfigurationFile.maximumBytes
        else { throw WebConfigurationError(file: file, line: nil, reason: "it is not UTF-8, or larger than 1 MiB") }
        return text
    }

    private static func signatures(of files: [String]) -> [String: FileStatus.Version?] {
        Dictionary(files.map { ($0, try? FileStatus(path: $0).version) }, uniquingKeysWith: { first, _ in first })
    }
}

extension WebConfiguration.TLS {
    fileprivate var files: [String] {
        [certificate, key, clientAuthority].compactMap { source in
            if case .file(let path) = source { path } else { nil }
        }
    }
}
