import Compression
package import Profiles
import SystemSupport

/// Reads profiles in all formats that hold stacks, compressed by gzip or not.
package struct ProfileReader: Sendable {
    private let limits: ProfileLimits

    package init(limits: ProfileLimits = ProfileLimits()) { self.limits = limits }

    /// The profile in a file, whose format is found from what is in it.
    package func profile(reading file: [UInt8]) throws(ProfileReadingError) -> Profile {
        let content = try content(of: file)
        guard let format = Self.format(of: content) else {
            throw ProfileReadingError(content.isEmpty ? .empty : .unrecognized)
        }
        return try profile(reading: content, as: format)
    }

    /// The format that the content of a file seems to be in; `nil` for none.
    package static func format(of content: [UInt8]) -> ProfileFormat? {
        guard let first = content.first(where: { !JSONScanner.isSpace($0) }) else { return nil }
        if first == UInt8(ascii: "{") { return JSONScanner.format(of: content) }
        if PprofReader.seemsToBe(content) { return .pprof }
        if PerfScriptReader.seemsToBe(content) { return .perf }
        return FoldedReader.seemsToBe(content) ? .folded : nil
    }

    private func content(of file: [UInt8]) throws(ProfileReadingError) -> [UInt8] {
        let limit = ProfileReadingError.Problem.tooLarge(limit: NumberText.bytes(UInt64(clamping: limits.bytes)))
        guard file.count <= limits.bytes else { throw ProfileReadingError(limit) }
        guard Gzip.begins(file) else { return file }
        do {
            return try Gzip.decompressed(file, limit: limits.bytes)
        } catch {
            switch error {
            case .damaged(let position): throw ProfileReadingError(.damagedCompression, at: .byte(position))
            case .tooLarge: throw ProfileReadingError(limit)
            case .noMemory: throw ProfileReadingError(.noMemory)
            }
        }
    }

    /// The profile in the content of a file that isn't compressed, in a format that is known.
    package func profile(
        reading content: [UInt8], as format: ProfileFormat
    ) throws(ProfileReadingError) -> Profile {
        switch format {
        case .folded: try FoldedReader(content, limits).profile()
        case .perf: try PerfScriptReader(content, limits).profile()
        case .pprof: try PprofReader(content, limits).profile()
        case .speedscope: try SpeedscopeReader(content, limits).profile()
        case .json: try ProfileJSONReader(content, limits).profile()
        case .svg, .html, .top: throw ProfileReadingError(.unrecognized)
        }
    }
}
