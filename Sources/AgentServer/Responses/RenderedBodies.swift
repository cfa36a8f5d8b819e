import MetricFamilies
import NIOCore
import Synchronization

/// Bodies that follow from the agent's state alone: for each state each of them is made once at most, and compressed once
/// at most, however many ask at a time, and clients that don't take them share their memory.
final class RenderedBodies: Sendable {
    enum Content: Hashable {
        case exposition(ExpositionFormat)
        case summary, overview, report, dashboard
    }

    struct Body {
        let bytes: ByteBuffer
        let isCompressed: Bool
    }

    private struct Renderings {
        var revision: UInt64 = 0
        var plain: [Content: Task<ByteBuffer, any Error>] = [:]
        /// `nil` for a body that is not worth it.
        var compressed: [Content: Task<ByteBuffer?, any Error>] = [:]
    }

    private let renderings = Mutex(Renderings())

    /// - Parameters:
    ///   - revision: the source's, read before the state that `render` takes: a body is never older than its revision.
    ///   - isCompressed: whether gzip is wanted.
    func body(
        _ content: Content, of revision: UInt64, isCompressed: Bool,
        render: @escaping @Sendable () throws -> ByteBuffer
    ) async throws -> Body {
        let (plain, compressed) = renderings.withLock { renderings in
            if revision > renderings.revision { renderings = Renderings(revision: revision) }
            let plain = renderings.plain[content] ?? Task { try render() }
            renderings.plain[content] = plain
            guard isCompressed else { return (plain, Task<ByteBuffer?, any Error>?.none) }
            let compressed = renderings.compressed[content] ?? Task { Self.compressed(try await plain.value) }
            renderings.compressed[content] = compressed
            return (plain, compressed)
        }
        if let bytes = try await compressed?.value { return Body(bytes: bytes, isCompressed: true) }
        return Body(bytes: try await plain.value, isCompressed: false)
    }

    private static func compressed(_ bytes: ByteBuffer) -> ByteBuffer? {
        bytes.readableBytes >= BodyCompression.minimumBytes ? BodyCompression.compressed(bytes) : nil
    }
}
