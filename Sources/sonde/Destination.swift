import Glibc

/// Where a result goes; opened before any process is touched.
struct Destination: ~Copyable {
    /// `nil` for standard output.
    private let file: OutputFile?
    /// What the result is called when it has to be saved elsewhere.
    private let name: String

    /// Standard output.
    init(standardOutputFor name: String) throws(CommandFailure) {
        guard StandardStream.output.isWritable else {
            throw CommandFailure("standard output is closed; name a file with -o FILE")
        }
        file = nil
        self.name = name
    }

    init(path: String) throws(CommandFailure) {
        do {
            file = try OutputFile(at: path)
            name = ProcessTitle.baseName(path)
        } catch {
            throw CommandFailure("\(error)")
        }
    }

    /// Writes the result, reports where it is, and returns the path; `nil` for standard output.
    ///
    /// When that fails, the result is saved elsewhere: a recording can't be repeated.
    @discardableResult
    consuming func write(_ bytes: [UInt8], quietly: Bool = false) throws(CommandFailure) -> String? {
        do {
            guard let file else {
                try StandardStream.output.write(bytes)
                return nil
            }
            let path = file.path
            try file.replace(with: bytes)
            if !quietly { Console.say("Wrote \(path)" + (path.hasSuffix(".svg") ? "; open it in a browser" : "")) }
            return path
        } catch {
            // The reader of a pipe closed it: it has read all that it wants.
            guard error.errno != EPIPE else { throw CommandFailure("\(error)") }
            throw CommandFailure("\(error)\n  \(Self.rescue(bytes, name: name))")
        }
    }

    private static func rescue(_ bytes: [UInt8], name: String) -> String {
        for directory in ["/tmp", "/dev/shm"] {
            let place = "\(directory)/sonde-rescued-\(getpid())-\(name)"
            guard let file = try? OutputFile(at: place), (try? file.replace(with: bytes)) != nil else { continue }
            return "the result was saved as \(place) instead"
        }
        return "the result could not be saved anywhere else"
    }
}
