internal import Glibc
internal import ProcFS
internal import SystemSupport

/// A configuration file's content.
package struct ConfigurationFile: Sendable {
    package static let standardPath = "/etc/sonde/config.yaml"

    /// As it is shown in messages.
    package let path: String
    package let bytes: [UInt8]

    package init(path: String, bytes: [UInt8]) {
        self.path = path
        self.bytes = bytes
    }

    package init(path: String, text: String) { self.init(path: path, bytes: Array(text.utf8)) }

    /// Reads a regular file; of a larger one than is accepted, only the beginning.
    package init(reading path: String) throws(ConfigurationError) {
        let result = Self.content(of: path)
        switch result {
        case .success(let bytes): self.init(path: path, bytes: bytes)
        case .failure(let problem): throw ConfigurationError([problem])
        }
    }

    /// The standard file; `nil` where there is none.
    package static func standard() throws(ConfigurationError) -> ConfigurationFile? {
        if unsafe access(standardPath, F_OK) != 0, errno == ENOENT || errno == ENOTDIR { return nil }
        return try ConfigurationFile(reading: standardPath)
    }

    private static func content(of path: String) -> Result<[UInt8], ConfigurationProblem> {
        // Not blocking, since opening a pipe that nobody writes to would wait.
        let descriptor = unsafe open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard descriptor >= 0 else { return .failure(problem(path, errno)) }
        defer { close(descriptor) }
        var status = stat()
        // Safe: the structure outlives the call.
        guard unsafe fstat(descriptor, &status) == 0 else { return .failure(problem(path, errno)) }
        guard status.st_mode & S_IFMT == S_IFREG else {
            return .failure(problem(path, "not a regular file: name one, which a reload can read again"))
        }
        var bytes = [UInt8](repeating: 0, count: YamlDocument.largestSize + 1)
        var filled = 0
        while filled < bytes.count {
            // Safe: the range lies inside of the buffer.
            let count = unsafe bytes.withUnsafeMutableBytes { buffer in
                unsafe read(descriptor, buffer.baseAddress?.advanced(by: filled), buffer.count - filled)
            }
            if count < 0, errno == EINTR { continue }
            guard count >= 0 else { return .failure(problem(path, errno)) }
            guard count > 0 else { break }
            filled += count
        }
        return .success(Array(bytes.prefix(filled)))
    }

    private static func problem(_ path: String, _ number: Int32) -> ConfigurationProblem {
        let remedy =
            switch number {
            case ENOENT: "; name an existing file by --config"
            case EACCES, EPERM: "; let the agent's user read it"
            default: ""
            }
        return problem(path, "can't be read: \(errorText(number))\(remedy)")
    }

    private static func problem(_ path: String, _ cause: String) -> ConfigurationProblem {
        ConfigurationProblem(place: .file(path: path, nil), key: "", fault: .unreadable(cause))
    }
}
