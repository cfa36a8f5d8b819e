import Foundation
import Logging
import Synchronization

/// Who may connect: the web configuration file, with its certificates, as they were when they could last be read.
package final class WebAccess: Sendable {
    /// The files as they were read once.
    package struct Files: Sendable {
        fileprivate var configuration = WebConfiguration()
        fileprivate var tls: TLSService?
        fileprivate var signatures: [String: FileSignature?] = [:]
    }

    private let file: String?
    private let current = Mutex(Files())

    /// - Parameter file: the path of a web configuration file; `nil` for no TLS and no authentication.
    package init(file: String?) throws(WebConfigurationError) {
        self.file = file
        try reload()
    }

    /// Reads all files again; when one of them is wrong, what was read before stays in force.
    package func reload() throws(WebConfigurationError) { adopt(try prepare()) }

    /// Reads all files, and changes nothing.
    package func prepare() throws(WebConfigurationError) -> Files { try file.map(Self.load) ?? Files() }

    /// From now on who may connect goes by these files.
    package func adopt(_ files: Files) { current.withLock { $0 = files } }

    package var requiresAuthentication: Bool { current.withLock { !$0.configuration.users.isEmpty } }
    package var usesTLS: Bool { current.withLock { $0.tls != nil } }
    var users: [String: String] { current.withLock { $0.configuration.users } }
    var headers: [String: String] { current.withLock { $0.configuration.headers } }

    /// TLS for a new connection, of the files as they are now; `nil` for none.
    func tls(logger: Logger) -> TLSService? {
        refresh(logger: logger)
        return current.withLock { $0.tls }
    }

    private func refresh(logger: Logger) {
        guard let file else { return }
        let known = current.withLock { $0.signatures }
        let now = Self.signatures(of: Array(known.keys))
        guard now != known else { return }
        do {
            adopt(try Self.load(file))
            logger.notice("web configuration read again", metadata: ["file": "\(file)"])
        } catch {
            // So that it is said once for each version of the files.
            current.withLock { $0.signatures = now }
            logger.error(
                "web configuration changed, but can't be used; what was read before stays in force",
                metadata: ["error": "\(error)"])
        }
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

    private static func signatures(of files: [String]) -> [String: FileSignature?] {
        Dictionary(files.map { ($0, FileSignature(path: $0)) }, uniquingKeysWith: { first, _ in first })
    }
}

extension WebConfiguration.TLS {
    fileprivate var files: [String] {
        [certificate, key, clientAuthority].compactMap { source in
            if case .file(let path) = source { path } else { nil }
        }
    }
}
