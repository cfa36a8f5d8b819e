import Foundation
import Logging
import Synchronization

/// Who may connect: the web configuration file, with its certificates, as they were when they could last be read.
package final class WebAccess: Sendable {
    private struct Current {
        var configuration = WebConfiguration()
        var tls: TLSService?
        var signatures: [String: FileSignature?] = [:]
    }

    private let file: String?
    private let current = Mutex(Current())

    /// - Parameter file: the path of a web configuration file; `nil` for no TLS and no authentication.
    package init(file: String?) throws(WebConfigurationError) {
        self.file = file
        try reload()
    }

    /// Reads all files again; when one of them is wrong, what was read before stays in force.
    package func reload() throws(WebConfigurationError) {
        guard let file else { return }
        let new = try Self.load(file)
        current.withLock { $0 = new }
    }

    package var requiresAuthentication: Bool { current.withLock { !$0.configuration.users.isEmpty } }
    package var usesTLS: Bool { current.withLock { $0.tls != nil } }
    var users: [String: String] { current.withLock { $0.configuration.users } }
    var headers: [String: String] { current.withLock { $0.configuration.headers } }
    /// Whether each client has shown a certificate that the authority signed.
    var verifiesEveryClient: Bool { current.withLock { $0.tls?.verifiesEveryClient ?? false } }

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
            let new = try Self.load(file)
            current.withLock { $0 = new }
            logger.notice("web configuration read again", metadata: ["file": "\(file)"])
        } catch {
            // So that it is said once for each version of the files.
            current.withLock { $0.signatures = now }
            logger.error(
                "web configuration changed, but can't be used; what was read before stays in force",
                metadata: ["error": "\(error)"])
        }
    }

    private static func load(_ file: String) throws(WebConfigurationError) -> Current {
        var signatures = signatures(of: [file])
        let configuration = try WebConfigurationFile(path: file).parse(text(of: file))
        // Before they are read, so that what changes meanwhile is seen the next time.
        signatures.merge(Self.signatures(of: configuration.tls?.files ?? [])) { first, _ in first }
        let tls = try configuration.tls.map { tls throws(WebConfigurationError) in try TLSService(tls, file: file) }
        return Current(configuration: configuration, tls: tls, signatures: signatures)
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
